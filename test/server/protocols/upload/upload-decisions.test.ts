import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../shared/json.ts'
import type { Answer, RestBench } from '../rest/rest-bench.ts'
import { openRest, tagOf } from '../rest/rest-bench.ts'
import { batch, crud, newId, newOpId, statuses, uploadsTo } from './upload-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())
const { post, fieldsOf, logOf } = uploadsTo(() => rest)

describe('what is decided per operation', () => {
  test('P8: a rejected write can be retried alone, and it is this one that is written', async () => {
    const id = newId()
    const [first, second] = ['written first', 'written second'].map((name) =>
      crud('PATCH', 'patients', id, { data: { name } }),
    )
    await post(batch(first ?? {}, second ?? {}))
    await post(batch(crud('PUT', 'patients', id, { data: { name: 'created later' } })))
    const log = await logOf('patients', id)
    const lost = log.find(({ newValue, outcome }) => newValue === 'written second' && outcome === 'rejected')
    const restored = await rest.call('POST', `/v1/changes/${lost?.position}/restore`)
    expect(restored.status).toBe(200)
    expect(await fieldsOf(`patients/${id}`)).toMatchObject({ name: 'written second' })
  })

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
      `{"op_id":${newOpId()},"op":"PUT","type":"patients","id":"${id}","data":${data}}`
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

  test('E6, E7, E8, R4: unknown fields are kept but not shown, required ones may be missing, both are noted', async () => {
    const id = newId()
    const answer = await post(batch(crud('PUT', 'items', id, { data: { colour: 'red', stock: 4 } })))
    expect(answer.body.results[0]).toMatchObject({
      status: 'applied',
      fields: { stock: { outcome: 'applied' } },
      warnings: [
        { field: 'colour', message: 'unknown field: kept, not projected' },
        { field: 'title', message: 'required, left empty' },
      ],
    })
    expect((await fieldsOf(`items/${id}`)).stock).toBe(4)
    const lines = await logOf('items', id)
    expect(lines.find(({ field }) => field === 'colour')).toMatchObject({
      newValue: 'red',
      outcome: 'applied',
    })
    expect(lines.find(({ field }) => field === 'title')).toMatchObject({ reason: 'required, left empty' })
    const history = await rest.call('GET', `/v1/records/items/${id}/history`)
    expect(history.body.items.find(({ field }: { field: string }) => field === 'title').version).toBeNull()
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
