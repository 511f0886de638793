import * as Automerge from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../../../shared/json.ts'
import type { FieldChange } from '../../../../shared/record/field-change.ts'
import { changeAt, fieldsPlan, originAt } from '../../../contract/storage/plan-fixture.ts'
import type { Answer, RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

const changes = (query: string): Promise<Answer> => rest.call('GET', `/v1/changes?${query}`)

/** Two authors write a field without seeing each other: bob's write, received later, takes the place of ada's. */
async function loseAnEdit(id: string): Promise<number> {
  const path = `/v1/records/patients/${id}`
  const created = await rest.call('PUT', path, { body: { name: 'Ada', heartRate: 60 } })
  const headers = { 'If-Match': tagOf(created) }
  await rest.call('PATCH', path, { body: { heartRate: 70 }, headers, as: 'ada' })
  await rest.call('PATCH', path, { body: { heartRate: 80 }, headers, as: 'bob' })
  const { body } = await changes(`record=${id}&outcome=superseded&author=ada`)
  expect(body.items).toHaveLength(1)
  return body.items[0].position
}

describe('GET /v1/changes', () => {
  test('tells of every field write who, what, when and what became of it, newest first', async () => {
    await rest.call('PUT', '/v1/records/items/told', { body: { title: 'Box' } })
    await rest.call('PATCH', '/v1/records/items/told', {
      body: { stock: { $increment: 2 } },
      as: 'eve',
      headers: { 'Sluice-Metadata': '{"app":"till"}', 'Sluice-Edited-At': '2026-01-01T00:00:00Z' },
    })
    const { status, body } = await changes('collection=items&record=told')
    expect([status, body.next, body.items.length]).toEqual([200, null, 2])
    expect(body.items[0]).toEqual({
      position: expect.any(Number),
      collection: 'items',
      recordId: 'told',
      field: 'stock',
      operation: 'increment',
      oldValue: 0,
      newValue: 2,
      outcome: 'applied',
      reason: null,
      code: null,
      conflictId: null,
      changeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      author: 'eve',
      roles: expect.any(Array),
      session: expect.any(String),
      door: 'rest',
      device: null,
      metadata: { app: 'till' },
      claimedAt: '2026-01-01T00:00:00.000Z',
      receivedAt: expect.any(String),
    })
    expect(body.items[1]).toMatchObject({ field: 'title', newValue: 'Box', author: 'anonymous' })
  })

  test('filters by author and outcomes, and pages through them', async () => {
    await loseAnEdit('paged')
    const lost = await changes('author=ada&outcome=superseded,rejected&record=paged')
    expect(lost.body.items).toMatchObject([
      { author: 'ada', outcome: 'superseded', oldValue: 70, newValue: 80 },
    ])
    const all: number[] = []
    for (let cursor = ''; ; ) {
      const { body } = await changes(`record=paged&limit=1${cursor}`)
      all.push(...body.items.map(({ position }: { position: number }) => position))
      if (body.next === null) break
      cursor = `&cursor=${body.next}`
    }
    expect(all).toHaveLength(5)
    expect(all).toEqual([...all].sort((a, b) => b - a))
    const later = await changes(`record=paged&after=${all[2]}`)
    expect(later.body.items.map(({ position }: { position: number }) => position)).toEqual(all.slice(0, 2))
  })

  test('refuses what it does not understand', async () => {
    for (const query of ['outcome=lost', 'limit=0', 'after=-1', 'mine=lost', 'cursor=x'])
      expect((await changes(query)).body.code).toBe('bad_request')
    const lastId = await rest.call('GET', '/v1/changes', {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': '1x' },
    })
    expect([lastId.status, lastId.body.code]).toEqual([400, 'bad_request'])
  })
})

describe('POST /v1/changes/{position}/restore', () => {
  const restore = (position: number, as: string, headers = {}): Promise<Answer> =>
    rest.call('POST', `/v1/changes/${position}/restore`, { as, headers })

  test('writes a superseded value again as a new change, and answers like PATCH', async () => {
    const position = await loseAnEdit('mine')
    const { status, body, headers } = await restore(position, 'ada')
    expect([status, body.fields.heartRate]).toEqual([200, 70])
    expect(body.outcomes).toEqual({ heartRate: { outcome: 'applied' } })
    expect(headers.get('ETag')).toBe(tagOf(await rest.call('GET', '/v1/records/patients/mine')))
    const [line] = (await changes('record=mine')).body.items
    expect(line).toMatchObject({ author: 'ada', oldValue: 80, newValue: 70, outcome: 'applied' })
  })

  test('with an Idempotency-Key writes once', async () => {
    const position = await loseAnEdit('once')
    await restore(position, 'ada', { 'Idempotency-Key': 'again' })
    await rest.call('PATCH', '/v1/records/patients/once', { body: { heartRate: 90 } })
    const second = await restore(position, 'ada', { 'Idempotency-Key': 'again' })
    expect([second.status, second.headers.get('Idempotency-Replayed')]).toEqual([200, 'true'])
    expect(second.body.fields.heartRate).toBe(90)
  })

  test('a superseded clearing clears again', async () => {
    const path = '/v1/records/patients/cleared'
    const created = await rest.call('PUT', path, { body: { heartRate: 60 } })
    const headers = { 'If-Match': tagOf(created) }
    await rest.call('PATCH', path, { body: { heartRate: null }, headers, as: 'ada' })
    await rest.call('PATCH', path, { body: { heartRate: 80 }, headers, as: 'bob' })
    const [lost] = (await changes('record=cleared&outcome=superseded')).body.items
    const { body } = await restore(lost.position, 'ada')
    expect(body.fields.heartRate ?? null).toBeNull()
  })

  test('of what was applied or held is refused (409), of what is not there too (404)', async () => {
    await rest.call('PUT', '/v1/records/patients/kept', { body: { diagnosis: 'flu' }, as: 'ada' })
    const [applied] = (await changes('record=kept')).body.items
    const answer = await restore(applied.position, 'ada')
    expect([answer.status, answer.body.code]).toEqual([409, 'not_restorable'])

    const created = await rest.call('PUT', '/v1/records/patients/waits', { body: { diagnosis: 'unclear' } })
    const headers = { 'If-Match': tagOf(created) }
    await rest.call('PATCH', '/v1/records/patients/waits', { body: { diagnosis: 'flu' }, headers, as: 'ada' })
    await rest.call('PATCH', '/v1/records/patients/waits', {
      body: { diagnosis: 'cold' },
      headers,
      as: 'bob',
    })
    const [held] = (await changes('record=waits&outcome=held')).body.items
    const refused = await restore(held.position, 'bob')
    expect([refused.status, refused.body.conflictId]).toEqual([409, held.conflictId])

    expect((await restore(999_999, 'ada')).status).toBe(404)
    expect((await restore(0, 'ada')).status).toBe(400)
    const position = await loseAnEdit('deleted')
    await rest.call('DELETE', '/v1/records/patients/deleted')
    expect((await restore(position, 'ada')).status).toBe(404)
  })

  /** A line as another version of the schema may have left it. */
  async function logged(id: string, change: Partial<FieldChange>): Promise<number> {
    const key = { tenant: 'default', collection: 'items', id }
    await rest.call('PUT', `/v1/records/items/${id}`, { body: { title: 'Box' } })
    const { version } = await rest.storage.load(key, 'fields')
    const fieldChanges = [changeAt(1, { outcome: 'rejected', origin: originAt(1, 'ada'), ...change })]
    await rest.storage.commit(fieldsPlan(key, version, 1, { journal: [], fieldChanges }))
    return rest.storage.lastChangePosition('default')
  }

  test('a rejected increment increments, a superseded one does not', async () => {
    const increment = { field: 'stock', operation: 'increment', newValue: 3 } as const
    const rejected = await restore(await logged('counted', increment), 'ada')
    expect([rejected.status, rejected.body.fields.stock]).toEqual([200, 3])
    const superseded = await restore(await logged('reset', { ...increment, outcome: 'superseded' }), 'ada')
    expect([superseded.status, superseded.body.code]).toEqual([409, 'not_restorable'])
  })

  test('a rejected edit takes out and puts in what it was to, and leaves the rest alone', async () => {
    const key = { tenant: 'default', collection: 'patients', id: 'edited' }
    await rest.call('PUT', '/v1/records/patients/edited', {
      body: { allergies: ['nuts', 'pollen'], contacts: { son: 'Bo', wife: 'Al' }, medications: ['A', 'B'] },
    })
    const lost = async (field: string, oldValue: Json, newValue: Json): Promise<Answer> => {
      const { version } = await rest.storage.load(key, 'fields')
      const change = { field, operation: 'edit', oldValue, newValue, outcome: 'rejected' } as const
      const fieldChanges = [changeAt(1, { ...change, origin: originAt(1, 'ada') })]
      await rest.storage.commit(fieldsPlan(key, version, 1, { journal: [], fieldChanges }))
      return restore(await rest.storage.lastChangePosition('default'), 'ada')
    }
    const items = await lost('allergies', ['nuts'], ['dust'])
    expect([items.status, items.body.fields.allergies]).toEqual([200, ['dust', 'pollen']])
    const members = await lost('contacts', { son: 'Bo' }, { wife: 'Ann' })
    expect(members.body.fields.contacts).toEqual({ wife: 'Ann' })
    const elements = await lost('medications', ['A'], ['C'])
    expect(elements.body.fields.medications).toEqual(['B', 'C'])
    const nothing = await lost('medications', [], [])
    expect([nothing.status, nothing.body.code]).toEqual([409, 'not_restorable'])
  })

  test('a field that is gone is refused (404), and so is what still breaks a rule (422)', async () => {
    const gone = await restore(await logged('gone', { field: 'colour' }), 'ada')
    expect([gone.status, gone.body.code]).toEqual([404, 'unknown_field'])

    const key = { tenant: 'default', collection: 'patients', id: 'raw' }
    await rest.call('PUT', '/v1/records/patients/raw', { body: { heartRate: 60 } })
    const room = rest.rooms.record(key)
    const copy = Automerge.load<{ heartRate: unknown }>(await room.read(({ doc }) => doc.save()))
    const changed = Automerge.change(copy, (doc) => {
      doc.heartRate = true
    })
    const bytes = Automerge.getLastLocalChange(changed)
    if (bytes === undefined) throw new Error('nothing was changed')
    await room.submit({ type: 'changes', changes: [bytes], mayCreate: false, origin: originAt(1, 'ada') })
    const [line] = (await changes('record=raw&outcome=rejected')).body.items
    expect(line).toMatchObject({ author: 'ada', newValue: true })
    const broken = await restore(line.position, 'ada')
    expect([broken.status, broken.body.code, broken.body.field]).toEqual([422, 'invalid_value', 'heartRate'])
  })

  test('is for the author and for every role (`*`), within their tenant', async () => {
    const people = await openRest({
      besides: rest,
      authenticator: {
        description: 'by name: subject/tenant/role',
        isOpen: false,
        async authenticate(token) {
          const [subject = '', tenant = '', role = ''] = (token ?? '').split('/')
          return { subject, tenant, roles: [role], device: null, expiresAt: null }
        },
      },
    })
    const position = await loseAnEdit('private')
    const path = `/v1/changes/${position}/restore`
    const as = async (token: string): Promise<number> =>
      (await people.call('POST', path, { as: token })).status
    expect(await as('bob/default/doctor')).toBe(403)
    expect(await as('ada/elsewhere/*')).toBe(404)
    expect(await as('ada/default/nurse')).toBe(200)
    expect(await as('root/default/*')).toBe(200)
    const [line] = (await changes('record=private')).body.items
    expect(line).toMatchObject({ author: 'root', newValue: 70 })
    const elsewhere = await people.call('GET', '/v1/changes?record=private', { as: 'ada/elsewhere/*' })
    expect(elsewhere.body.items).toEqual([])
    await people.close()
  })
})
