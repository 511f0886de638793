import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../shared/json.ts'
import type { Answer, RestBench } from '../rest/rest-bench.ts'
import { openRest, tagOf } from '../rest/rest-bench.ts'
import { batch, crud, newId, statuses, uploadsTo } from './upload-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())
const { post, fieldsOf, logOf } = uploadsTo(() => rest)

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

  test('from another local database is another operation, if they are named', async () => {
    const id = newId()
    await post(batch(crud('PUT', 'items', id, { data: { title: 'Box', stock: 10 } })))
    const sale = batch(crud('PATCH', 'items', id, { data: { stock: 9 }, old: { stock: 10 } }))
    expect(statuses(await post({ ...sale, client_id: 'phone' }))).toEqual(['applied'])
    expect(statuses(await post({ ...sale, client_id: 'tablet' }))).toEqual(['applied'])
    expect(statuses(await post({ ...sale, client_id: 'phone' }))).toEqual(['duplicate'])
    expect((await fieldsOf(`items/${id}`)).stock).toBe(8)
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
