import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../../../shared/json.ts'
import type { Answer, RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

let records = 0
/** A patient of his own for each test. */
async function newPatient(
  fields: { readonly [field: string]: Json } = {},
): Promise<{ path: string; created: Answer }> {
  const path = `/v1/records/patients/p${++records}`
  return { path, created: await rest.call('PUT', path, { body: { name: 'Ada', ...fields } }) }
}

describe('POST', () => {
  test('creates a record under the given id, answers 201 with its address and outcomes', async () => {
    const created = await rest.call('POST', '/v1/records/items', {
      body: { id: 'box es', title: 'Box' },
    })
    expect(created.status).toBe(201)
    expect(created.headers.get('Location')).toBe('/v1/records/items/box%20es')
    expect(tagOf(created)).toBe(`"${created.body.version}"`)
    expect(created.body.outcomes).toEqual({ title: { outcome: 'applied' } })
    const { outcomes: _outcomes, ...record } = created.body
    expect((await rest.call('GET', created.headers.get('Location') ?? '')).body).toEqual(record)
  })

  test('chooses an id if none is given', async () => {
    const created = await rest.call('POST', '/v1/records/items', { body: { title: 'Box' } })
    expect(created.body.id).toMatch(/^id-\d+$/)
  })

  test('refuses an id that is taken', async () => {
    await rest.call('POST', '/v1/records/items', { body: { id: 'taken', title: 'Box' } })
    const again = await rest.call('POST', '/v1/records/items', { body: { id: 'taken', title: 'Other' } })
    expect([again.status, again.body.code]).toEqual([409, 'already_exists'])
  })

  test.each([
    [{ id: 7, title: 'x' }, 400, 'bad_request', /^id: /],
    [{ id: '', title: 'x' }, 400, 'bad_request', /record id/],
    [{ stock: 1 }, 422, 'invalid_value', /^title is required/],
    [{ title: 7 }, 422, 'invalid_value', /^title takes a string/],
    [{ title: 'x', size: 1 }, 404, 'unknown_field', /"size"/],
  ])('refuses %j', async (body, status, code, detail) => {
    const refused = await rest.call('POST', '/v1/records/items', { body })
    expect([refused.status, refused.body.code]).toEqual([status, code])
    expect(refused.body.detail).toMatch(detail)
  })
})

describe('PUT', () => {
  test('writes the complete record: 201 when it is new, 200 when it is not, and clears what is left out', async () => {
    const { path, created } = await newPatient({ heartRate: 60, allergies: ['nuts'] })
    expect(created.status).toBe(201)
    const replaced = await rest.call('PUT', path, { body: { name: 'Ada L.' } })
    expect(replaced.status).toBe(200)
    expect(replaced.body.fields).toMatchObject({ name: 'Ada L.', heartRate: null, allergies: [] })
    expect(replaced.body.outcomes).toMatchObject({
      name: { outcome: 'applied' },
      heartRate: { outcome: 'applied' },
    })
  })

  test('brings a deleted record back', async () => {
    const { path } = await newPatient({ heartRate: 60 })
    await rest.call('DELETE', path)
    const revived = await rest.call('PUT', path, { body: { name: 'Ada again' } })
    expect(revived.status).toBe(201)
    expect(revived.body.fields).toMatchObject({ name: 'Ada again', heartRate: null })
    expect(Object.keys(revived.body.outcomes)).not.toContain('_deleted')
  })

  test('the id may be repeated in the body, and be no other', async () => {
    const { path } = await newPatient()
    const id = path.split('/').at(-1) ?? ''
    expect((await rest.call('PUT', path, { body: { id, name: 'x' } })).status).toBe(200)
    expect((await rest.call('PUT', path, { body: { id: 'other', name: 'x' } })).body.detail).toMatch(/^id: /)
  })

  test('If-None-Match: * creates only, If-Match: * replaces only', async () => {
    const { path } = await newPatient()
    const create = await rest.call('PUT', path, { body: {}, headers: { 'If-None-Match': '*' } })
    expect(create.body.code).toBe('already_exists')
    const nowhere = '/v1/records/patients/not-there'
    const replace = await rest.call('PUT', nowhere, { body: {}, headers: { 'If-Match': '*' } })
    expect([replace.status, replace.body.code]).toEqual([412, 'stale_version'])
    expect((await rest.call('GET', nowhere)).status).toBe(404)
    expect((await rest.call('PUT', path, { body: {}, headers: { 'If-Match': '*' } })).status).toBe(200)
  })
})

describe('PATCH', () => {
  test('changes the named fields and no others', async () => {
    const { path } = await newPatient({
      heartRate: 60,
      contacts: { mum: '1', dad: '2' },
      medications: ['a', 'b', 'a'],
    })
    const patched = await rest.call('PATCH', path, {
      body: {
        heartRate: null,
        visits: { $increment: 2 },
        allergies: { $add: ['nuts', 'dust'] },
        medications: { $remove: ['a'], $add: ['c'] },
        contacts: { dad: null, gran: '3' },
        vitals: { bp: 1 },
      },
    })
    expect(patched.status).toBe(200)
    expect(patched.body.fields).toMatchObject({
      name: 'Ada',
      heartRate: null,
      visits: 2,
      allergies: ['dust', 'nuts'],
      medications: ['b', 'c'],
      contacts: { mum: '1', gran: '3' },
      vitals: { bp: 1 },
    })
    expect(patched.body.outcomes.visits).toEqual({ outcome: 'applied' })
    await rest.call('PATCH', path, { body: { vitals: { pulse: 2 }, allergies: { $remove: ['dust'] } } })
    const { fields } = (await rest.call('GET', path)).body
    expect([fields.vitals, fields.allergies]).toEqual([{ pulse: 2 }, ['nuts']])
  })

  test('takes application/merge-patch+json, and no media type that a browser sends unasked', async () => {
    const { path } = await newPatient()
    const patch = (type: string) =>
      rest.call('PATCH', path, { raw: '{"name":"B"}', headers: { 'Content-Type': type } })
    expect((await patch('application/merge-patch+json; charset=utf-8')).status).toBe(200)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const refused = await patch(type)
      expect([refused.status, refused.body.detail]).toEqual([
        400,
        'Content-Type: the body must be application/json',
      ])
    }
  })

  test('a record that is not there, or is there no longer, is not found', async () => {
    const { path } = await newPatient()
    await rest.call('DELETE', path)
    for (const gone of [path, '/v1/records/patients/nobody'])
      expect((await rest.call('PATCH', gone, { body: { name: 'x' } })).status).toBe(404)
  })

  test.each([
    [{ notes: 'x' }, 422, /^notes is rich text/],
    [{ visits: { $increment: '1' } }, 400, /^visits\.\$increment/],
    [{ name: { $increment: 1 } }, 422, /^name is no counter/],
    [{ ward: 'C' }, 422, /^ward takes one of A, B/],
    [{ allergies: null }, 422, /^allergies is a set/],
    [{ __deleted: true }, 404, /"__deleted"/],
    [{ _deleted: true }, 404, /"_deleted"/],
  ])('refuses %j whole', async (patch, status, detail) => {
    const { path } = await newPatient()
    const refused = await rest.call('PATCH', path, { body: { name: 'changed', ...patch } })
    expect(refused.status).toBe(status)
    expect(refused.body.detail).toMatch(detail)
    expect((await rest.call('GET', path)).body.fields.name).toBe('Ada')
  })
})

describe('DELETE', () => {
  test('answers 204; the record is not found and not listed any more', async () => {
    const { path } = await newPatient({ name: 'Gone' })
    const deleted = await rest.call('DELETE', path)
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    expect((await rest.call('GET', path)).body.code).toBe('not_found')
    expect((await rest.call('GET', '/v1/records/patients?name=Gone')).body.items).toEqual([])
    expect((await rest.call('DELETE', path)).status).toBe(404)
  })
})

describe('W7: a write is placed at the version that its author saw', () => {
  test('on a field that nobody else wrote, it is applied beside what others did', async () => {
    const { path, created } = await newPatient({ heartRate: 60 })
    await rest.call('PATCH', path, { body: { heartRate: 70 }, as: 'bob' })
    const late = await rest.call('PATCH', path, {
      body: { name: 'Ada L.' },
      headers: { 'If-Match': tagOf(created) },
      as: 'cleo',
    })
    expect(late.body.outcomes).toEqual({ name: { outcome: 'applied' } })
    expect(late.body.fields).toMatchObject({ name: 'Ada L.', heartRate: 70 })
  })

  test('on the same field, the last write received wins and the other is logged as superseded', async () => {
    const { path, created } = await newPatient()
    await rest.call('PATCH', path, { body: { name: 'Bob wrote' }, as: 'bob' })
    const late = await rest.call('PATCH', `${path}?base=${created.body.version}`, {
      body: { name: 'Cleo wrote' },
      as: 'cleo',
    })
    expect(late.body.outcomes).toEqual({ name: { outcome: 'merged' } })
    expect(late.body.fields.name).toBe('Cleo wrote')
    const { body } = await rest.call('GET', `${path}/history?limit=2`)
    expect(
      body.items.map((item: { author: string; outcome: string }) => [item.author, item.outcome]),
    ).toEqual([
      ['bob', 'superseded'],
      ['cleo', 'merged'],
    ])
  })

  test('C1: an increment beside a reset of the counter is held', async () => {
    const { path, created } = await newPatient()
    await rest.call('PATCH', path, { body: { visits: 0 }, as: 'bob' })
    const late = await rest.call('PATCH', path, {
      body: { visits: { $increment: 5 } },
      headers: { 'If-Match': tagOf(created) },
      as: 'cleo',
    })
    expect(late.body.outcomes.visits).toMatchObject({ outcome: 'held', conflictId: expect.any(String) })
    expect(late.body.fields.visits).toBe(0)
    const { body } = await rest.call('GET', `/v1/conflicts/${late.body.outcomes.visits.conflictId}`)
    expect(body).toMatchObject({
      kind: 'set-increment',
      inForce: 0,
      challengers: [{ operation: 'increment', value: 5 }],
    })
    const decided = await rest.call('PUT', `/v1/conflicts/${body.id}/resolution`, {
      body: { choose: body.challengers[0].id, seen: [body.incumbent.id, body.challengers[0].id] },
    })
    expect(decided.status).toBe(200)
    expect((await rest.call('GET', path)).body.fields.visits).toBe(5)
  })

  test('increments that did not see each other add up', async () => {
    const { path, created } = await newPatient()
    for (const as of ['bob', 'cleo', 'dan'])
      await rest.call('PATCH', path, {
        body: { visits: { $increment: 1 } },
        headers: { 'If-Match': tagOf(created) },
        as,
      })
    expect((await rest.call('GET', path)).body.fields.visits).toBe(3)
  })

  test('Prefer: handling=strict refuses a stale write whole', async () => {
    const { path, created } = await newPatient()
    const strict = { 'If-Match': tagOf(created), Prefer: 'respond-async, handling=strict' }
    const fresh = await rest.call('PATCH', path, { body: { heartRate: 60 }, headers: strict })
    expect([fresh.status, fresh.headers.get('Preference-Applied')]).toEqual([200, 'handling=strict'])
    const stale = await rest.call('PATCH', path, { body: { name: 'x' }, headers: strict })
    expect([stale.status, stale.body.code]).toEqual([412, 'stale_version'])
    expect((await rest.call('DELETE', path, { headers: strict })).status).toBe(412)
    expect((await rest.call('GET', path)).body.fields).toMatchObject({ name: 'Ada', heartRate: 60 })
  })

  test('a weak tag and * are taken; versions that disagree or are unknown are not', async () => {
    const { path, created } = await newPatient()
    const patch = (ifMatch: string, query = '') =>
      rest.call('PATCH', path + query, { body: { name: 'B' }, headers: { 'If-Match': ifMatch } })
    expect((await patch(`W/${tagOf(created)}`)).status).toBe(200)
    expect((await patch('*')).status).toBe(200)
    expect((await patch(tagOf(created), `?base=${created.body.version}`)).status).toBe(200)
    expect((await patch(tagOf(created), '?base=AAAA.0')).body).toMatchObject({
      status: 400,
      code: 'bad_request',
    })
    expect((await patch('unquoted')).body.detail).toMatch(/^If-Match: /)
    expect((await patch('"a", "b"')).body.detail).toMatch(/^If-Match: /)
    const foreign = await newPatient()
    for (const tag of ['"nonsense"', '""', '"A.0"', '".0"', tagOf(foreign.created)])
      expect((await patch(tag)).body).toMatchObject({ status: 412, code: 'unknown_version' })
  })
})

describe('headers that describe a write', () => {
  test.each([
    ['Sluice-Metadata', '[1]'],
    ['Sluice-Metadata', '{"a":'],
    ['Sluice-Metadata', '{"a":"Größe"}'],
    ['Sluice-Metadata', '{"__proto__":{"a":1}}'],
    ['Sluice-Metadata', JSON.stringify({ a: 'x'.repeat(4096) })],
    ['Sluice-Edited-At', 'yesterday'],
    ['Idempotency-Key', 'x'.repeat(129)],
    ['Idempotency-Key', ''],
  ])('%s: %s is refused by name', async (header, value) => {
    const { path } = await newPatient()
    const refused = await rest.call('PATCH', path, { body: { name: 'x' }, headers: { [header]: value } })
    expect([refused.status, refused.body.code]).toEqual([400, 'bad_request'])
    expect(refused.body.detail.startsWith(`${header}: `)).toBe(true)
  })
})
