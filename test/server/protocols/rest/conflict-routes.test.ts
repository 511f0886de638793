import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJwtAuthenticator } from '../../../../server/auth/jwt-authenticator.ts'
import type { Answer, RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

let records = 0

interface Disputed {
  readonly path: string
  readonly created: Answer
  readonly held: Answer
  readonly conflictId: string
  readonly inbox: string
}

/** Two authors who both saw version 1 write the critical field: bob is the incumbent, cleo the challenger. */
async function dispute(bench = rest, [bob, cleo] = ['bob', 'cleo']): Promise<Disputed> {
  const path = `/v1/records/patients/c${++records}`
  const created = await bench.call('PUT', path, { body: { name: 'Ada', diagnosis: 'unclear' }, as: bob })
  const headers = { 'If-Match': tagOf(created) }
  await bench.call('PATCH', path, { body: { diagnosis: 'flu' }, headers, as: bob })
  const held = await bench.call('PATCH', path, { body: { diagnosis: 'covid' }, headers, as: cleo })
  const { conflictId } = held.body.outcomes.diagnosis
  return { path, created, held, conflictId, inbox: `/v1/conflicts/${conflictId}` }
}

const sidesOf = (conflict: Answer['body']): string[] =>
  [conflict.incumbent, ...conflict.alongside, ...conflict.challengers].map(({ id }) => id)

describe('C4: a write to a critical field beside one that it had not seen', () => {
  test('is held: its author is told, and readers see the incumbent and that it is disputed', async () => {
    const { path, held, conflictId } = await dispute()
    expect(held.status).toBe(200)
    expect(held.body.outcomes.diagnosis).toEqual({
      outcome: 'held',
      reason: 'a concurrent write is in force',
      conflictId: expect.any(String),
    })
    const read = await rest.call('GET', path)
    expect(read.body.fields.diagnosis).toBe('flu')
    expect(read.body.disputed).toEqual({ diagnosis: { conflictId, challengers: 1 } })
  })

  test('C8: the conflict tells of each side who, when and what he had seen', async () => {
    const { path, created, conflictId, inbox } = await dispute()
    const { body } = await rest.call('GET', inbox)
    expect(body).toMatchObject({
      id: conflictId,
      state: 'open',
      kind: 'set-set',
      collection: 'patients',
      recordId: path.split('/').at(-1),
      fields: ['diagnosis'],
      base: 'unclear',
      inForce: 'flu',
      incumbent: { value: 'flu', author: 'bob', door: 'rest', sawVersion: created.body.version },
      alongside: [],
      challengers: [{ value: 'covid', author: 'cleo', supersededBy: null }],
      resolution: null,
      assignee: null,
    })
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['opened'])
    expect(Object.keys(body)).toEqual([
      'id',
      'state',
      'kind',
      'collection',
      'recordId',
      'fields',
      'base',
      'inForce',
      'incumbent',
      'alongside',
      'challengers',
      'openedAt',
      'assignee',
      'proposal',
      'resolution',
      'events',
      'forgotten',
      'mayResolve',
    ])
  })

  test('C2: an equal value is no conflict', async () => {
    const path = '/v1/records/patients/agreed'
    const created = await rest.call('PUT', path, { body: { diagnosis: 'unclear' } })
    for (const as of ['bob', 'cleo'])
      await rest.call('PATCH', path, {
        body: { diagnosis: 'flu' },
        headers: { 'If-Match': tagOf(created) },
        as,
      })
    expect((await rest.call('GET', path)).body.disputed).toEqual({})
    expect((await rest.call('GET', '/v1/conflicts?record=agreed')).body.items).toEqual([])
  })
})

describe('C5: PUT …/resolution', () => {
  test('puts the chosen side in force', async () => {
    const { path, inbox } = await dispute()
    const conflict = (await rest.call('GET', inbox)).body
    const body = { choose: conflict.challengers[0].id, seen: sidesOf(conflict), note: 'the test came back' }
    const resolved = await rest.call('PUT', `${inbox}/resolution`, { body, as: 'dr.lee' })
    expect(resolved.status).toBe(200)
    expect(resolved.body).toMatchObject({
      state: 'resolved',
      resolution: { choose: body.choose, value: 'covid', note: 'the test came back', author: 'dr.lee' },
    })
    const read = await rest.call('GET', path)
    expect([read.body.fields.diagnosis, read.body.disputed]).toEqual(['covid', {}])
  })

  test('confirms the incumbent, or puts another value in force, or none', async () => {
    for (const value of ['flu', 'pneumonia', null]) {
      const { path, inbox } = await dispute()
      const seen = sidesOf((await rest.call('GET', inbox)).body)
      const resolved = await rest.call('PUT', `${inbox}/resolution`, { body: { value, seen } })
      expect([resolved.body.state, resolved.body.resolution.value]).toEqual(['resolved', value])
      expect((await rest.call('GET', path)).body.fields.diagnosis).toBe(value)
    }
  })

  test('is refused with the conflict as it is now when another side has arrived', async () => {
    const { path, created, inbox } = await dispute()
    const conflict = (await rest.call('GET', inbox)).body
    await rest.call('PATCH', path, {
      body: { diagnosis: 'cold' },
      headers: { 'If-Match': tagOf(created) },
      as: 'dan',
    })
    const stale = await rest.call('PUT', `${inbox}/resolution`, {
      body: { choose: conflict.incumbent.id, seen: sidesOf(conflict) },
    })
    expect([stale.status, stale.body.code]).toEqual([409, 'stale_resolution'])
    expect(stale.body.conflict).toEqual((await rest.call('GET', inbox)).body)
    expect(stale.body.conflict.challengers.map(({ value }: { value: string }) => value)).toEqual([
      'covid',
      'cold',
    ])
    const retry = { choose: conflict.incumbent.id, seen: sidesOf(stale.body.conflict) }
    expect((await rest.call('PUT', `${inbox}/resolution`, { body: retry })).status).toBe(200)
    const again = await rest.call('PUT', `${inbox}/resolution`, { body: retry })
    expect([again.status, again.body.conflict.state]).toEqual([409, 'resolved'])
  })

  test('is refused when a later conflict has taken the place of this one', async () => {
    const { path, inbox } = await dispute()
    const seen = sidesOf((await rest.call('GET', inbox)).body)
    await rest.call('PUT', `${inbox}/resolution`, { body: { value: 'flu', seen } })
    const decided = await rest.call('GET', path)
    const headers = { 'If-Match': tagOf(decided) }
    await rest.call('PATCH', path, { body: { diagnosis: 'a' }, headers, as: 'bob' })
    const later = await rest.call('PATCH', path, { body: { diagnosis: 'b' }, headers, as: 'cleo' })
    expect(later.body.outcomes.diagnosis.conflictId).not.toBe(inbox.split('/').at(-1))
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: { value: 'c', seen } } : {}
      const old = await rest.call(method, `${inbox}/resolution`, body)
      expect([old.status, old.body.code, old.body.conflict.state]).toEqual([
        409,
        'stale_resolution',
        'resolved',
      ])
    }
  })

  test.each([
    [{}, 'seen'],
    [{ choose: 'x' }, 'seen'],
    [{ seen: [] }, 'choose'],
    [{ choose: 'x', value: 'y', seen: [] }, 'choose'],
    [{ choose: 7, seen: [] }, 'choose'],
    [{ value: 'x', seen: [7] }, 'seen.0'],
    [{ value: 'x', seen: 'all' }, 'seen'],
    [{ value: 'x', seen: [], note: 7 }, 'note'],
    [{ value: 'x', seen: [], why: 'y' }, 'why'],
  ])('%j is refused, naming %s', async (body, member) => {
    const { inbox } = await dispute()
    const refused = await rest.call('PUT', `${inbox}/resolution`, { body })
    expect([refused.status, refused.body.code, refused.body.member]).toEqual([400, 'bad_request', member])
  })

  test('a side that is none, and a value that the field does not take, are refused', async () => {
    const { inbox } = await dispute()
    const seen = sidesOf((await rest.call('GET', inbox)).body)
    const put = (body: { choose: string } | { value: number }) =>
      rest.call('PUT', `${inbox}/resolution`, { body: { ...body, seen } })
    expect((await put({ choose: 'nobody' })).body).toMatchObject({ status: 400, code: 'bad_request' })
    expect((await put({ value: 7 })).body).toMatchObject({ status: 422, field: 'diagnosis' })
  })
})

describe('C6: nothing is cleared without a decision', () => {
  test('DELETE …/resolution takes it back', async () => {
    const { path, inbox } = await dispute()
    const seen = sidesOf((await rest.call('GET', inbox)).body)
    const early = await rest.call('DELETE', `${inbox}/resolution`)
    expect([early.status, early.body.code, early.body.conflict.state]).toEqual([409, 'not_resolved', 'open'])
    await rest.call('PUT', `${inbox}/resolution`, { body: { value: 'pneumonia', seen } })
    const undone = await rest.call('DELETE', `${inbox}/resolution`, { as: 'dr.lee' })
    expect(undone.status).toBe(200)
    expect(undone.body).toMatchObject({ state: 'reopened', resolution: null, inForce: 'flu' })
    expect(undone.body.events.at(-1)).toMatchObject({
      type: 'undone',
      author: 'dr.lee',
      resolution: { value: 'pneumonia' },
    })
    const read = await rest.call('GET', path)
    expect([read.body.fields.diagnosis, Object.keys(read.body.disputed)]).toEqual(['flu', ['diagnosis']])
  })

  test('a straggler reopens the same conflict, with the earlier decision among its events', async () => {
    const { path, created, conflictId, inbox } = await dispute()
    const seen = sidesOf((await rest.call('GET', inbox)).body)
    await rest.call('PUT', `${inbox}/resolution`, { body: { value: 'covid', seen }, as: 'dr.lee' })
    const straggler = await rest.call('PATCH', path, {
      body: { diagnosis: 'asthma' },
      headers: { 'If-Match': tagOf(created) },
      as: 'dan',
    })
    expect(straggler.body.outcomes.diagnosis).toMatchObject({ outcome: 'held', conflictId })
    expect(straggler.body.fields.diagnosis).toBe('covid')
    const { body } = await rest.call('GET', inbox)
    expect(body).toMatchObject({ state: 'reopened', resolution: null, inForce: 'covid' })
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['opened', 'resolved', 'reopened'])
    expect(body.events[1].resolution).toMatchObject({ value: 'covid', author: 'dr.lee' })
  })
})

describe('GET /v1/conflicts', () => {
  test('lists newest first, by state, collection and record, in pages', async () => {
    const bench = await openRest()
    const disputes = [await dispute(bench), await dispute(bench), await dispute(bench)]
    const ids = disputes.map(({ conflictId }) => conflictId)
    const seen = sidesOf((await bench.call('GET', disputes[0]?.inbox ?? '')).body)
    await bench.call('PUT', `${disputes[0]?.inbox}/resolution`, { body: { value: 'flu', seen } })
    const list = async (query: string) => (await bench.call('GET', `/v1/conflicts${query}`)).body
    const idsOf = ({ items }: Answer['body']) => items.map(({ id }: { id: string }) => id)
    expect(idsOf(await list(''))).toEqual([...ids].reverse())
    expect(idsOf(await list('?state=open'))).toEqual([ids[2], ids[1]])
    expect(idsOf(await list('?state=resolved,reopened'))).toEqual([ids[0]])
    expect(idsOf(await list('?collection=items'))).toEqual([])
    expect(idsOf(await list(`?record=${disputes[1]?.path.split('/').at(-1)}`))).toEqual([ids[1]])
    const first = await list('?limit=2')
    expect(idsOf(await list(`?limit=2&cursor=${first.next}`))).toEqual([ids[0]])
    expect((await list('')).items[0]).toEqual((await bench.call('GET', `/v1/conflicts/${ids[2]}`)).body)
    for (const [query, member] of [
      ['?state=closed', 'state'],
      ['?colection=x', 'colection'],
      ['?limit=x', 'limit'],
    ])
      expect((await list(query ?? '')).detail).toMatch(new RegExp(`^${member}`))
    await bench.close()
  })

  test('an unknown conflict is not found', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', '/resolution'],
    ])
      expect((await rest.call(method ?? '', `/v1/conflicts/nothing${path}`)).body.code).toBe('not_found')
  })
})

describe('who may decide', () => {
  const secret = 'a secret of at least thirty-two bytes'
  const now = () => new Date().toISOString()
  const token = (sub: string, roles: string[], tenant?: string) =>
    new SignJWT({ sub, roles, ...(tenant === undefined ? {} : { tenant }) })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1 min')
      .sign(new TextEncoder().encode(secret))

  test('only the roles that the field names; another tenant does not even see it', async () => {
    const bench = await openRest({ authenticator: createJwtAuthenticator({ secret, now }) })
    const [nurse, doctor, stranger] = await Promise.all([
      token('nan', ['nurse']),
      token('dora', ['doctor']),
      token('eve', ['doctor'], 'elsewhere'),
    ])
    const { path, inbox } = await dispute(bench, [nurse, doctor])
    const seen = sidesOf((await bench.call('GET', inbox, { as: nurse })).body)
    const body = { value: 'flu', seen }
    const refused = await bench.call('PUT', `${inbox}/resolution`, { body, as: nurse })
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([403, 'forbidden', 'diagnosis'])
    expect((await bench.call('PUT', `${inbox}/resolution`, { body, as: stranger })).status).toBe(404)
    expect((await bench.call('GET', inbox, { as: stranger })).status).toBe(404)
    expect((await bench.call('GET', path, { as: stranger })).status).toBe(404)
    expect((await bench.call('GET', '/v1/conflicts', { as: stranger })).body.items).toEqual([])
    expect((await bench.call('PUT', `${inbox}/resolution`, { body, as: doctor })).status).toBe(200)
    expect((await bench.call('DELETE', `${inbox}/resolution`, { as: nurse })).status).toBe(403)
    const anonymous = await bench.call('GET', path)
    expect([anonymous.status, anonymous.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
    expect((await bench.call('GET', '/healthz')).status).toBe(200)
    await bench.close()
  })
})
