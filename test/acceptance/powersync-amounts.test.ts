// PowerSync's strategy 7: amounts add up, and absolute values are no amounts.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'P11',
  'two clerks sell offline, and both sales count, whichever way the amount is told',
  ['automerge', 'rest', 'upload', 'sql'],
  async ({ automerge, rest, upload, sql }) => {
    const { body } = await rest('ann').put('records/items/p11', { name: 'Bolt', stock: 20 })
    const ann = automerge('ann')
    const annDoc = await ann.find(body.automergeUrl)
    await ann.goOffline()
    annDoc.change((item) => (item.stock as { increment(by: number): void }).increment(-1))
    const at = { type: 'items', id: 'p11' }
    await upload('bob', { op: 'PATCH', ...at, data: { stock: 18 }, old: { stock: 20 } })
    await upload('cyd', { op: 'PATCH', ...at, data: { stock: 17 }, old: { stock: 20 } })
    await upload('dan', { op: 'PATCH', ...at, data: { stock: -4 }, metadata: '{"delta":true}' })
    await rest('eve').patch('records/items/p11', { stock: { $increment: -5 } })
    ann.goOnline()
    await until(
      async () => (await rest('ann').get('records/items/p11')).body.fields.stock === 5,
      'every sale to count: 20 - 1 - 2 - 3 - 4 - 5',
    )
    expect(sql("SELECT stock FROM items WHERE id = 'p11'")).toEqual([{ stock: 5 }])
  },
)

feature(
  'P11',
  'an absolute value is never taken for an amount',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    await rest('ann').put('records/items/p11-absolute', { name: 'Nut', stock: 20 })
    const [result] = await upload('bob', {
      op: 'PATCH',
      type: 'items',
      id: 'p11-absolute',
      data: { stock: 17 },
    })
    expect(result.status).toBe('applied')
    expect((await rest('ann').get('records/items/p11-absolute')).body.fields.stock).toBe(17)
  },
)

feature(
  'P11',
  'overselling is surfaced: what nobody could know is held with its amounts, what one could is refused',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    const path = 'records/items/p11-over'
    const { etag } = await rest('ann').put(path, { name: 'Washer', stock: 3 })
    const seen = { metadata: { sluiceVersion: etag.replaceAll('"', '') } }
    const at = { op: 'PATCH', type: 'items', id: 'p11-over' } as const
    const [sold] = await upload('bob', { ...at, data: { stock: 1 }, old: { stock: 3 }, ...seen })
    const [over] = await upload('cyd', { ...at, data: { stock: 1 }, old: { stock: 3 }, ...seen })
    expect(sold.status).toBe('applied')
    expect(over).toMatchObject({ status: 'held', fields: { stock: { outcome: 'held' } } })
    const { body } = await rest('ann').get(`conflicts/${over.fields.stock.conflictId}`)
    expect(body).toMatchObject({
      inForce: 1,
      incumbent: { author: 'bob', operation: 'increment', value: -2 },
      challengers: [{ author: 'cyd', operation: 'increment', value: -2 }],
    })
    const one = await rest('ann').put('records/items/p11-one', { name: 'Rivet', stock: 3 })
    expect(one.status).toBe(201)
    expect(await rest('ann').patch('records/items/p11-one', { stock: { $increment: -4 } })).toMatchObject({
      status: 422,
      body: { code: 'out_of_bounds', detail: 'stock is at least 0, not -1' },
    })
  },
)
