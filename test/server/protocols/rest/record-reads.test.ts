import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { automergeUrlOf } from '../../../../shared/record/record-key.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

describe('GET /v1/records/{collection}/{id}', () => {
  test('answers the record exactly so', async () => {
    await rest.call('PUT', '/v1/records/patients/ada', {
      body: {
        name: 'Ada',
        active: true,
        admitted: '2026-01-02',
        vitals: { bp: [120, 80] },
        diagnosis: 'flu',
        allergies: ['nuts', 'dust'],
        medications: ['b', 'a', 'b'],
        contacts: { mum: '1' },
      },
    })
    const read = await rest.call('GET', '/v1/records/patients/ada')
    expect(read.status).toBe(200)
    expect(read.body).toEqual({
      collection: 'patients',
      id: 'ada',
      version: expect.stringMatching(/^[\w-]+\.0$/),
      automergeUrl: automergeUrlOf({ tenant: 'default', collection: 'patients', id: 'ada' }),
      fields: {
        name: 'Ada',
        ward: 'A',
        heartRate: null,
        active: true,
        admitted: '2026-01-02T00:00:00.000Z',
        vitals: { bp: [120, 80] },
        diagnosis: 'flu',
        allergies: ['dust', 'nuts'],
        medications: ['b', 'a', 'b'],
        contacts: { mum: '1' },
        visits: 0,
      },
      text: { notes: '' },
      disputed: {},
      createdAt: expect.stringMatching(/^2026-01-01T00:/),
      updatedAt: expect.stringMatching(/^2026-01-01T00:/),
    })
    expect(tagOf(read)).toBe(`"${read.body.version}"`)
    expect(read.headers.get('Cache-Control')).toBe('private, no-cache')
  })

  test('If-None-Match is answered with 304 while the version stands', async () => {
    await rest.call('PUT', '/v1/records/items/cached', { body: { title: 'a' } })
    const path = '/v1/records/items/cached'
    const tag = tagOf(await rest.call('GET', path))
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const unchanged = await rest.call('GET', path, { headers: { 'If-None-Match': header } })
      expect([unchanged.status, unchanged.text, tagOf(unchanged)]).toEqual([304, '', tag])
    }
    await rest.call('PATCH', path, { body: { title: 'b' } })
    expect((await rest.call('GET', path, { headers: { 'If-None-Match': tag } })).status).toBe(200)
  })

  test('ids are decoded from the path, and checked', async () => {
    const path = `/v1/records/items/${encodeURIComponent('Größe 50% ?#')}`
    expect((await rest.call('PUT', path, { body: { title: 'x' } })).status).toBe(201)
    expect((await rest.call('GET', path)).body.id).toBe('Größe 50% ?#')
    for (const id of ['a%2Fb', '%00', 'x'.repeat(129)])
      expect((await rest.call('GET', `/v1/records/items/${id}`)).body.code).toBe('bad_request')
  })

  test.each([
    ['/v1/records/nothing/1', 'unknown_collection'],
    ['/v1/records/nothing', 'unknown_collection'],
    ['/v1/records/items/nobody', 'not_found'],
    ['/v1/records/items/nobody/history', 'not_found'],
    ['/v1/records/items/nobody/text/notes', 'unknown_field'],
    ['/v1/records/patients/nobody/text/notes', 'not_found'],
  ])('%s is %s', async (path, code) => {
    const missing = await rest.call('GET', path)
    expect([missing.status, missing.body.code]).toEqual([404, code])
  })
})

describe('GET …?at=<version>', () => {
  test('answers the fields as they were, even of a record that was deleted since', async () => {
    const path = '/v1/records/items/travel'
    const first = await rest.call('PUT', path, { body: { title: 'first' } })
    const second = await rest.call('PATCH', path, { body: { title: 'second', stock: { $increment: 3 } } })
    await rest.call('DELETE', path)
    const at = async (version: string) => (await rest.call('GET', `${path}?at=${version}`)).body
    expect(await at(first.body.version)).toEqual({
      collection: 'items',
      id: 'travel',
      version: first.body.version,
      automergeUrl: first.body.automergeUrl,
      fields: { title: 'first', stock: 0 },
      deleted: false,
    })
    expect((await at(second.body.version)).fields).toEqual({ title: 'second', stock: 3 })
    expect((await rest.call('GET', path)).status).toBe(404)
  })

  test('a version of another record, or none at all, is unknown', async () => {
    const other = await rest.call('PUT', '/v1/records/items/other', { body: { title: 'x' } })
    await rest.call('PUT', '/v1/records/items/one', { body: { title: 'x' } })
    for (const version of [other.body.version, 'nonsense', 'A.0', '.0', 'AAAA.0']) {
      const unknown = await rest.call('GET', `/v1/records/items/one?at=${version}`)
      expect([unknown.status, unknown.body.code]).toEqual([412, 'unknown_version'])
    }
  })
})

describe('GET …/history', () => {
  test('tells every field write, newest first, in pages, with the version to travel to', async () => {
    const path = '/v1/records/items/storied'
    await rest.call('PUT', path, { body: { title: 'one' }, as: 'ada' })
    await rest.call('PATCH', path, {
      body: { title: 'two' },
      as: 'bob',
      headers: { 'Sluice-Metadata': '{"app":"7.1"}', 'Sluice-Edited-At': '2025-12-31T10:00:00+01:00' },
    })
    await rest.call('DELETE', path, { as: 'ada' })
    const page = await rest.call('GET', `${path}/history?limit=2`)
    const rest2 = await rest.call('GET', `${path}/history?limit=2&cursor=${page.body.next}`)
    const items = [...page.body.items, ...rest2.body.items]
    expect(rest2.body.next).toBeNull()
    expect(items.map(({ field, newValue }) => [field, newValue])).toEqual([
      ['_deleted', true],
      ['title', 'two'],
      ['title', 'one'],
    ])
    expect(items[1]).toEqual({
      position: expect.any(Number),
      field: 'title',
      operation: 'set',
      oldValue: 'one',
      newValue: 'two',
      outcome: 'applied',
      reason: null,
      code: null,
      conflictId: null,
      version: expect.any(String),
      author: 'bob',
      roles: expect.any(Array),
      session: expect.stringMatching(/^id-/),
      door: 'rest',
      device: null,
      metadata: { app: '7.1' },
      claimedAt: '2025-12-31T09:00:00.000Z',
      receivedAt: expect.stringMatching(/^2026-01-01T00:/),
    })
    const then = await rest.call('GET', `${path}?at=${items[2].version}`)
    expect(then.body.fields.title).toBe('one')
  })
})

describe('GET /v1/records/{collection}', () => {
  let list: RestBench
  beforeAll(async () => {
    list = await openRest()
    const put = (id: string, body: object) =>
      list.call('PUT', `/v1/records/patients/${id}`, { body: { ...body } })
    await put('a', { name: 'Ada', heartRate: 60, active: true, admitted: '2026-01-02', ward: 'B' })
    await put('b', { name: 'Bob', heartRate: 60.5, active: false })
    await put('c', { name: 'Cleo', heartRate: 60, active: true })
    await list.call('PATCH', '/v1/records/patients/c', { body: { visits: { $increment: 2 } } })
    await put('d', { name: 'Dan' })
    await list.call('DELETE', '/v1/records/patients/d')
  })
  afterAll(() => list.close())

  const ids = async (query: string): Promise<string[]> => {
    const { status, body } = await list.call('GET', `/v1/records/patients${query}`)
    expect(status).toBe(200)
    return body.items.map(({ id }: { id: string }) => id)
  }

  test.each([
    ['', ['a', 'b', 'c']],
    ['?name=Bob', ['b']],
    ['?heartRate=60', ['a', 'c']],
    ['?heartRate=60.5', ['b']],
    ['?active=false', ['b']],
    ['?ward=A', ['b', 'c']],
    ['?admitted=2026-01-02T01:00:00%2B01:00', ['a']],
    ['?admitted=', ['b', 'c']],
    ['?visits=2', ['c']],
    ['?heartRate=60&ward=B', ['a']],
    ['?name=Nobody', []],
  ])('the filter %s lists %j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected)
  })

  test('pages by cursor, ordered by id', async () => {
    const first = await list.call('GET', '/v1/records/patients?limit=2')
    expect(first.body.items).toHaveLength(2)
    const second = await list.call('GET', `/v1/records/patients?limit=2&cursor=${first.body.next}`)
    expect(second.body.items.map(({ id }: { id: string }) => id)).toEqual(['c'])
    expect(second.body.next).toBeNull()
  })

  test('its items are records', async () => {
    const { body } = await list.call('GET', '/v1/records/patients?limit=1')
    expect(body.items[0]).toEqual((await list.call('GET', '/v1/records/patients/a')).body)
  })

  test.each([
    ['?nothing=1', 'nothing'],
    ['?allergies=nuts', 'allergies'],
    ['?vitals=1', 'vitals'],
    ['?notes=hello', 'notes'],
    ['?heartRate=fast', 'heartRate'],
    ['?active=yes', 'active'],
    ['?ward=C', 'ward'],
    ['?admitted=today', 'admitted'],
    ['?name=a&name=b', 'name'],
    ['?limit=0', 'limit'],
    ['?limit=201', 'limit'],
    ['?limit=many', 'limit'],
  ])('%s is refused, naming %s', async (query, member) => {
    const refused = await list.call('GET', `/v1/records/patients${query}`)
    expect([refused.status, refused.body.code]).toEqual([400, 'bad_request'])
    expect(refused.body.detail).toMatch(new RegExp(`^${member}: `))
  })

  test('a cursor that this list has not answered is refused', async () => {
    expect((await list.call('GET', '/v1/records/patients?cursor=xyz')).body.code).toBe('bad_request')
  })
})
