import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor, Authenticator } from '../../../../server/auth/actor.ts'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import type { SqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../../../../server/storage/storage.ts'
import { SluiceError } from '../../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import type { Answer, Call, RestBench } from '../rest/rest-bench.ts'
import { openRest, tagOf } from '../rest/rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

const post = (body: Json, call: Call = {}): Promise<Answer> =>
  rest.call('POST', '/v1/upload', { ...call, body })
const batch = (...ops: JsonObject[]): JsonObject => ({ batch: ops })
const fieldsOf = async (path: string): Promise<JsonObject> =>
  (await rest.call('GET', `/v1/records/${path}`)).body.fields
const statuses = ({ body }: Answer): readonly string[] =>
  body.results.map(({ status }: { readonly status: string }) => status)
const logOf = async (collection: string, recordId: string) =>
  (await rest.storage.listFieldChanges({ tenant: 'default', collection, recordId, cursor: null, limit: 50 }))
    .items

let ids = 0
const newId = (): string => `u${++ids}`

let opIds = 0
/** An entry of body A, numbered as a client numbers its queue. */
const crud = (op: string, type: string, id: string, rest: JsonObject = {}): JsonObject => {
  const number = ++opIds
  return { op_id: number, op, type, id, tx_id: number, ...rest }
}

describe('the bodies of connectors', () => {
  test('A: a batch of raw crud entries, with the nulls that Dart sends', async () => {
    const id = newId()
    const nulls = { old: null, metadata: null }
    const answer = await post(
      batch(
        crud('PUT', 'patients', id, { data: { name: 'Ada', active: 1 }, ...nulls }),
        crud('PATCH', 'patients', id, { data: { name: null, heartRate: 60 }, ...nulls }),
      ),
    )
    expect([answer.status, statuses(answer)]).toEqual([200, ['applied', 'applied']])
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: null, active: true, heartRate: 60 })
  })

  test('B: one operation with opData', async () => {
    const id = newId()
    const answer = await post({ op: 'PUT', table: 'items', id, opData: { title: 'Box' } })
    expect(answer.body.results).toEqual([
      {
        opId: null,
        op: 'PUT',
        table: 'items',
        id,
        status: 'applied',
        fields: { title: { outcome: 'applied' } },
      },
    ])
  })

  test('C: a batch of op, table, id and data', async () => {
    const id = newId()
    await post(batch({ op: 'PUT', table: 'items', id, data: { title: 'Box' } }))
    await post(batch({ op: 'PATCH', table: 'items', id, data: { title: 'Crate' } }))
    expect(await fieldsOf(`items/${id}`)).toMatchObject({ title: 'Crate' })
  })

  test('D: the method says what the operation is, and the data holds the id', async () => {
    const id = newId()
    const send = (method: string, data: JsonObject): Promise<Answer> =>
      rest.call(method, '/v1/upload', { body: { table: 'items', data: { id, ...data } } })
    expect(statuses(await send('PUT', { title: 'Box' }))).toEqual(['applied'])
    expect(statuses(await send('PATCH', { title: 'Crate' }))).toEqual(['applied'])
    expect(await fieldsOf(`items/${id}`)).toMatchObject({ title: 'Crate' })
    expect(statuses(await send('DELETE', {}))).toEqual(['applied'])
    expect((await rest.call('GET', `/v1/records/items/${id}`)).status).toBe(404)
  })

  test('of no kind that is known are refused whole, as nothing in them can be told', async () => {
    for (const raw of ['{', '1', '{}', '{"batch":1}', '{"table":"items","data":{"id":"x"}}']) {
      const answer = await rest.call('POST', '/v1/upload', { raw })
      expect([raw, answer.status, answer.body.code]).toEqual([raw, 400, 'bad_request'])
    }
  })
})

describe('values as SQLite holds them', () => {
  test('become values of the field: 0 and 1, numbers as text, instants with a space, JSON text', async () => {
    const id = newId()
    const data = {
      active: 0,
      heartRate: '61.5',
      admitted: '2026-03-01 09:30:00',
      ward: 'B',
      vitals: '{"bp":[120,80]}',
      allergies: '["nuts"]',
      medications: ['aspirin'],
      contacts: '{"wife":"Eva"}',
      name: 7,
    }
    expect(statuses(await post(batch(crud('PUT', 'patients', id, { data }))))).toEqual(['applied'])
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({
      active: false,
      heartRate: 61.5,
      admitted: '2026-03-01T09:30:00.000Z',
      ward: 'B',
      vitals: { bp: [120, 80] },
      allergies: ['nuts'],
      medications: ['aspirin'],
      contacts: { wife: 'Eva' },
      name: '7',
    })
  })

  test('null clears a field of every kind', async () => {
    const id = newId()
    const data = { ward: 'B', allergies: '["nuts"]', contacts: '{"wife":"Eva"}', visits: 3, vitals: '1' }
    await post(batch(crud('PUT', 'patients', id, { data })))
    const cleared = Object.fromEntries(Object.keys(data).map((field) => [field, null]))
    expect(statuses(await post(batch(crud('PATCH', 'patients', id, { data: cleared }))))).toEqual(['applied'])
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({
      allergies: [],
      contacts: {},
      visits: 0,
      vitals: null,
    })
  })

  test('integers of 64 bits are exact in a string field, and refused where they would be rounded', async () => {
    const id = newId()
    const raw = `{"batch":[{"op_id":1,"op":"PUT","type":"patients","id":"${id}","data":{"name":9007199254740993,"heartRate":9007199254740993,"vitals":{"n":9223372036854775807}}}]}`
    const answer = await rest.call('POST', '/v1/upload', { raw })
    const [result] = answer.body.results
    expect([answer.status, result.status, result.error.code]).toEqual([200, 'rejected', 'invalid_value'])
    expect(result.fields.name.outcome).toBe('applied')
    expect(result.fields.heartRate.reason).toContain('9007199254740993')
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: '9007199254740993', heartRate: null })
    const lost = (await logOf('patients', id)).filter(({ outcome }) => outcome === 'rejected')
    expect(lost.map(({ newValue }) => newValue)).toEqual([{ n: '9223372036854775807' }, '9007199254740993'])
  })
})

describe('P13: a batch that is sent again', () => {
  const sale = (id: string): JsonObject =>
    batch(
      crud('PUT', 'items', id, { data: { title: 'Box' } }),
      crud('PATCH', 'items', id, { data: { stock: 95 }, old: { stock: 100 } }),
      crud('PATCH', 'items', id, { data: { stock: -2 }, metadata: '{"delta":true}' }),
    )

  test('has no second effect, and says so', async () => {
    const id = newId()
    const body = sale(id)
    expect(statuses(await post(body))).toEqual(['applied', 'applied', 'applied'])
    await rest.call('PATCH', `/v1/records/items/${id}`, { body: { title: 'Crate' } })
    const second = await post(body)
    expect(statuses(second)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect(second.body.results[1].fields).toEqual({ stock: { outcome: 'applied' } })
    expect(await fieldsOf(`items/${id}`)).toEqual({ title: 'Crate', stock: -7 })
  })

  test('at the same moment has one effect', async () => {
    const id = newId()
    const body = sale(id)
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(body)))
    expect(answers.flatMap(statuses).filter((status) => status === 'applied')).toHaveLength(3)
    expect((await fieldsOf(`items/${id}`)).stock).toBe(-7)
  })

  test('deletes no record that has come back since, also if there was none to delete', async () => {
    const id = newId()
    const body = batch(crud('DELETE', 'items', id))
    expect(statuses(await post(body))).toEqual(['applied'])
    await rest.call('PUT', `/v1/records/items/${id}`, { body: { title: 'Back' } })
    expect(statuses(await post(body))).toEqual(['duplicate'])
    expect(await fieldsOf(`items/${id}`)).toMatchObject({ title: 'Back' })
  })

  test('repeats a rejection, with its error, and logs it once', async () => {
    for (const [table, id] of [
      ['items', newId()],
      ['nothing', newId()],
    ] as const) {
      const body = batch(crud('PATCH', table, id, { data: { title: 'Box' } }))
      const answers = await Promise.all([post(body), post(body), post(body)])
      expect(answers.flatMap(statuses).sort()).toEqual(['duplicate', 'duplicate', 'rejected'])
      expect(new Set(answers.map(({ body }) => JSON.stringify(body.results[0].error))).size).toBe(1)
      expect(await logOf(table, id)).toHaveLength(1)
    }
  })

  test('by another subject, or with another content, is another operation', async () => {
    const id = newId()
    const op = crud('PATCH', 'items', id, { data: { stock: 1 }, metadata: { delta: ['stock'] } })
    await post(batch(crud('PUT', 'items', id, { data: { title: 'Box' } })))
    await post(batch(op), { as: 'ada' })
    await post(batch(op), { as: 'bob' })
    await post(batch({ ...op, data: { stock: 10 } }), { as: 'ada' })
    expect((await fieldsOf(`items/${id}`)).stock).toBe(12)
  })

  test('without op_id still is: what is set is set again', async () => {
    const id = newId()
    const ops = ['a', 'b', 'a'].map((title) => ({ op: 'PUT', table: 'items', id, data: { title } }))
    expect(statuses(await post(batch(...ops)))).toEqual(['applied', 'applied', 'applied'])
    expect((await fieldsOf(`items/${id}`)).title).toBe('a')
  })
})

describe('P11: counters', () => {
  test('of two clients that sold offline count both, by data less old', async () => {
    const id = newId()
    await post(batch(crud('PUT', 'items', id, { data: { title: 'Box', stock: 10 } })))
    const sell = (left: number, as: string): Promise<Answer> =>
      post(batch(crud('PATCH', 'items', id, { data: { stock: left }, old: { stock: 10 } })), { as })
    await Promise.all([sell(7, 'ada'), sell(6, 'bob')])
    expect((await fieldsOf(`items/${id}`)).stock).toBe(3)
  })

  test('are set by an absolute result without old, which is held beside an increment that it did not see', async () => {
    const id = newId()
    await post(batch(crud('PUT', 'items', id, { data: { title: 'Box', stock: 10 } })))
    const seen = tagOf(await rest.call('GET', `/v1/records/items/${id}`)).replaceAll('"', '')
    await post(batch(crud('PATCH', 'items', id, { data: { stock: -3 }, metadata: { delta: true } })))
    const blind = crud('PATCH', 'items', id, { data: { stock: 6 }, metadata: { sluiceVersion: seen } })
    const answer = await post(batch(blind), { as: 'bob' })
    expect(answer.body.results[0]).toMatchObject({ status: 'held', fields: { stock: { outcome: 'held' } } })
    expect((await fieldsOf(`items/${id}`)).stock).toBe(7)
  })

  test('are not changed by an amount whose repetition could not be told', async () => {
    const id = newId()
    await post({ op: 'PUT', table: 'items', id, data: { title: 'Box' } })
    const sale = (metadata: JsonObject): JsonObject => ({
      op: 'PATCH',
      table: 'items',
      id,
      data: { stock: -1, title: 'Sold' },
      metadata: { delta: ['stock'], ...metadata },
    })
    const refused = await post(sale({}))
    expect(refused.body.results[0]).toMatchObject({
      status: 'rejected',
      error: { code: 'bad_request' },
      fields: { title: { outcome: 'applied' }, stock: { outcome: 'rejected' } },
    })
    const [one] = statuses(await post(sale({ ledgerId: 'till-1/77' })))
    const [two] = statuses(await post(sale({ ledgerId: 'till-1/77' })))
    const [three] = statuses(await post(sale({ ledgerId: 'till-1/78' })))
    expect([one, two, three]).toEqual(['applied', 'duplicate', 'applied'])
    expect((await fieldsOf(`items/${id}`)).stock).toBe(-2)
    const reused = await post({ ...sale({ ledgerId: 'till-1/77' }), data: { stock: -9 } })
    expect(reused.body.results[0]).toMatchObject({ status: 'rejected', error: { code: 'reused_key' } })
    expect((await fieldsOf(`items/${id}`)).stock).toBe(-2)
  })
})

describe('what is decided per operation', () => {
  test('P8, P14: a bad one in the middle is logged and blocks nothing', async () => {
    const [first, last] = [newId(), newId()]
    const bad: readonly JsonObject[] = [
      crud('PATCH', 'items', newId(), { data: { title: 'No such record' } }),
      crud('PATCH', 'patients', first, { data: { ward: 'Z', heartRate: 70, notes: 'text' } }),
      crud('PUT', 'nothing', 'x', { data: { a: 1 } }),
      crud('PUT', 'items', 'a/b', { data: { title: 'x' } }),
      crud('UPSERT', 'items', first, { data: { title: 'x' } }),
      crud('DELETE', '', first),
      crud('PATCH', 'patients', first, { data: { name: 'x' }, metadata: { sluiceVersion: 'AAAA.0' } }),
      crud('PUT', 'items', first, { data: [1] }),
      crud('PUT', 'items', first, { data: { title: 'x' }, metadata: { long: 'x'.repeat(5000) } }),
    ]
    const answer = await post(
      batch(
        crud('PUT', 'patients', first, { data: { name: 'First' } }),
        ...bad,
        crud('PUT', 'items', last, { data: { title: 'Last' } }),
      ),
    )
    expect(answer.status).toBe(200)
    expect(statuses(answer)).toEqual(['applied', ...bad.map(() => 'rejected'), 'applied'])
    const codes = answer.body.results.slice(1, -1).map((result: Answer['body']) => result.error.code)
    expect(codes).toEqual([
      'not_found',
      'invalid_value',
      'unknown_collection',
      'bad_request',
      'bad_request',
      'bad_request',
      'unknown_version',
      'bad_request',
      'bad_request',
    ])
    for (const { error } of answer.body.results.slice(1, -1)) expect(error.remedy.length).toBeGreaterThan(5)
    expect(await fieldsOf(`patients/${first}`)).toMatchObject({ name: 'First', ward: 'A', heartRate: 70 })
    expect(await fieldsOf(`items/${last}`)).toMatchObject({ title: 'Last' })
    expect((await rest.call('GET', `/v1/records/items/${first}`)).status).toBe(404)
  })

  test('W6: nor does one with nesting, names or numbers that would do harm', async () => {
    const id = newId()
    const nested = `${'['.repeat(40)}${']'.repeat(40)}`
    const bad = [
      `{"vitals":${nested}}`,
      '{"vitals":{"__proto__":{"admin":true}}}',
      '{"__proto__":{"name":"x"}}',
      JSON.stringify('{"__proto__":{"name":"x"}}'),
      '{"heartRate":1e400}',
      '{"vitals":"{\\"__proto__\\":1}"}',
      '{"vitals":"{\\"constructor\\":1}"}',
      `{"allergies":[${'"x",'.repeat(20_000)}"x"]}`,
    ]
    const entry = (data: string): string =>
      `{"op_id":${++opIds},"op":"PUT","type":"patients","id":"${id}","data":${data}}`
    const raw = `{"batch":[${[...bad, '{"name":"Good"}'].map(entry).join(',')}]}`
    const answer = await rest.call('POST', '/v1/upload', { raw })
    expect([answer.status, statuses(answer)]).toEqual([200, [...bad.map(() => 'rejected'), 'applied']])
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: 'Good', vitals: null, heartRate: null })
  })

  test('P14: a dead letter keeps what it would have written, and why it was not', async () => {
    const id = newId()
    const metadata = { reason: 'inventory' }
    await post(batch(crud('PUT', 'nothing', id, { data: { a: 1, b: 'two' }, metadata })), { as: 'ada' })
    const lines = await logOf('nothing', id)
    expect(lines.map(({ field, newValue, outcome }) => [field, newValue, outcome])).toEqual([
      ['b', 'two', 'rejected'],
      ['a', 1, 'rejected'],
    ])
    expect(lines[0]).toMatchObject({
      reason: 'there is no collection "nothing"',
      origin: { subject: 'ada', door: 'upload', metadata },
    })
  })

  test('E6, E7, E8: unknown fields are left out, required ones may be missing, both are noted', async () => {
    const id = newId()
    const answer = await post(batch(crud('PUT', 'items', id, { data: { colour: 'red', stock: 4 } })))
    expect(answer.body.results[0]).toMatchObject({
      status: 'applied',
      fields: { stock: { outcome: 'applied' } },
      warnings: [{ field: 'title', message: 'required, left empty' }, { field: 'colour' }],
    })
    expect((await fieldsOf(`items/${id}`)).stock).toBe(4)
    const lines = await logOf('items', id)
    expect(lines.find(({ field }) => field === 'colour')).toMatchObject({
      newValue: 'red',
      outcome: 'rejected',
    })
    expect(lines.find(({ field }) => field === 'title')).toMatchObject({ reason: 'required, left empty' })
    const history = await rest.call('GET', `/v1/records/items/${id}/history`)
    expect(history.body.items.find(({ field }: { field: string }) => field === 'colour').version).toBeNull()
  })

  test('PUT leaves alone what it does not name, and starts a deleted record anew', async () => {
    const id = newId()
    await post(batch(crud('PUT', 'patients', id, { data: { name: 'Ada', heartRate: 60, visits: 2 } })))
    await post(batch(crud('PUT', 'patients', id, { data: { name: 'Ada L.' } })))
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: 'Ada L.', heartRate: 60, visits: 2 })
    await post(batch(crud('DELETE', 'patients', id), crud('PUT', 'patients', id, { data: { name: 'Bob' } })))
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: 'Bob', heartRate: null, visits: 0 })
  })

  test('P1: a critical field held for a person is answered 200, with its conflict', async () => {
    const id = newId()
    const created = await rest.call('PUT', `/v1/records/patients/${id}`, { body: { diagnosis: 'unclear' } })
    await rest.call('PATCH', `/v1/records/patients/${id}`, { body: { diagnosis: 'flu' }, as: 'bob' })
    const metadata = { sluiceVersion: tagOf(created).replaceAll('"', '') }
    const data = { diagnosis: 'covid', heartRate: 90 }
    const answer = await post(batch(crud('PATCH', 'patients', id, { data, metadata })), { as: 'ada' })
    const [{ status, fields }] = answer.body.results
    expect([answer.status, status, fields.heartRate.outcome]).toEqual([200, 'held', 'applied'])
    const { conflict } = (await rest.storage.readConflict('default', fields.diagnosis.conflictId)) ?? {}
    expect(conflict?.challengers[0]).toMatchObject({ value: 'covid', door: 'upload', metadata })
  })
})

describe('a whole request', () => {
  const people = new Map<string, Actor>([
    ['ada', { ...ANONYMOUS, subject: 'ada', tenant: 'north' }],
    ['bob', { ...ANONYMOUS, subject: 'bob', tenant: 'south' }],
  ])
  const authenticator: Authenticator = {
    description: 'two people of two tenants',
    isOpen: false,
    async authenticate(token) {
      const actor = people.get(token ?? '')
      if (actor === undefined) throw new SluiceError('unauthenticated', 'the token is not valid')
      return actor
    },
  }

  test('E4: is of the tenant of its token, and 401 without one', async () => {
    const bench = await openRest({ authenticator })
    const send = (as: string): Promise<Answer> =>
      bench.call('POST', '/v1/upload', {
        body: { ...batch({ op: 'PUT', table: 'items', id: 'x', tenant: 'south', data: { title: as } }) },
        as,
      })
    expect((await send('eve')).status).toBe(401)
    await send('ada')
    expect((await bench.call('GET', '/v1/records/items/x', { as: 'bob' })).status).toBe(404)
    await send('bob')
    expect((await bench.call('GET', '/v1/records/items/x', { as: 'ada' })).body.fields.title).toBe('ada')
    await bench.close()
  })

  test('is refused if it is too large', async () => {
    const bench = await openRest({ bodyBytesMax: 1000 })
    const body = batch(crud('PUT', 'items', 'x', { data: { title: 'x'.repeat(2000) } }))
    expect((await bench.call('POST', '/v1/upload', { body })).status).toBe(413)
    await bench.close()
    const raw = `{"batch":[${'0,'.repeat(200_000)}0]}`
    expect((await rest.call('POST', '/v1/upload', { raw })).status).toBe(413)
  })

  test('fails while the store does, without a word of SQL, and has its effect once when it is repeated', async () => {
    let fails = true
    const wrap = (storage: SqliteStorage): Storage =>
      new Proxy(storage, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (name === 'commit')
            return (...plan: Parameters<Storage['commit']>) =>
              fails && plan[0].key.id === 'dead'
                ? { status: 'failed', reason: 'SQLITE_FULL: INSERT INTO secret', fatal: false }
                : target.commit(...plan)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    const bench = await openRest({ wrap })
    const body = batch(
      crud('PUT', 'items', 'one', { data: { title: 'Box' } }),
      crud('PATCH', 'items', 'one', { data: { stock: 1 }, metadata: { delta: true } }),
      crud('PUT', 'nothing', 'dead', { data: { a: 1 } }),
    )
    const failed = await bench.call('POST', '/v1/upload', { body })
    expect([failed.status, failed.body.retryable, failed.text.includes('SQL')]).toEqual([503, true, false])
    fails = false
    const again = await bench.call('POST', '/v1/upload', { body })
    expect(statuses(again)).toEqual(['duplicate', 'duplicate', 'rejected'])
    expect((await bench.call('GET', '/v1/records/items/one')).body.fields.stock).toBe(1)
    await bench.close()
  })
})
