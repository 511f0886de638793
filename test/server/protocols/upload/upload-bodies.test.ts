import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../shared/json.ts'
import type { Answer, RestBench } from '../rest/rest-bench.ts'
import { openRest } from '../rest/rest-bench.ts'
import { batch, crud, newId, statuses, uploadsTo } from './upload-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())
const { post, fieldsOf, logOf } = uploadsTo(() => rest)

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
