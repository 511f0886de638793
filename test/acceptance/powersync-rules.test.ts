// PowerSync's strategy 4: business rules, each with a code of its own.
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import type { Doors } from './doors.ts'
import { feature } from './feature.ts'

const order = { status: 'shipped', price: 10, quantity: 1, address: 'here' }

async function shippedOrder(rest: Doors['rest'], id: string): Promise<string> {
  const path = `records/orders/${id}`
  await rest('ann').put(path, { price: 10, quantity: 1, address: 'here' })
  await rest('ann').patch(path, { status: 'processing' })
  await rest('ann').patch(path, { status: 'shipped' })
  return path
}

feature(
  'P6',
  'a shipped order is locked, through every door',
  ['rest', 'upload', 'automerge'],
  async (doors) => {
    const { rest, upload, automerge } = doors
    const path = await shippedOrder(rest, 'p6-locked')
    expect(await rest('bob').patch(path, { address: 'there' })).toMatchObject({
      status: 423,
      body: { code: 'locked', detail: 'the record is locked' },
    })
    expect((await rest('bob').delete(path)).status).toBe(423)
    const [result] = await upload('bob', {
      op: 'PATCH',
      type: 'orders',
      id: 'p6-locked',
      data: { address: 'there' },
    })
    expect(result).toMatchObject({ status: 'rejected', error: { code: 'locked' } })
    const [deleted] = await upload('bob', { op: 'DELETE', type: 'orders', id: 'p6-locked' })
    expect(deleted).toMatchObject({ status: 'rejected', error: { code: 'locked' } })
    const { body } = await rest('ann').get(path)
    const handle = await automerge('cyd').find(body.automergeUrl)
    handle.change((doc) => {
      doc.address = new ImmutableString('elsewhere')
    })
    await until(() => String(handle.doc().address) === 'here', 'the raw edit to be undone everywhere')
    expect((await rest('ann').get(path)).body.fields.address).toBe('here')
    const rejected = (await rest('ann').get('changes?record=p6-locked&outcome=rejected&author=cyd')).body
      .items
    expect(rejected).toMatchObject([{ field: 'address', newValue: 'elsewhere', code: 'locked' }])
  },
)

feature(
  'P6',
  'an order goes from pending over processing to shipped only',
  ['rest', 'upload'],
  async (doors) => {
    const path = 'records/orders/p6-states'
    const { body } = await doors.rest('ann').put(path, { price: 10 })
    expect(body.fields.status).toBe('pending')
    expect(await doors.rest('ann').patch(path, { status: 'shipped' })).toMatchObject({
      status: 422,
      body: {
        code: 'illegal_transition',
        detail: 'status is pending and changes to processing, not to shipped',
        field: 'status',
      },
    })
    const results = await doors.upload(
      'ann',
      { op: 'PATCH', type: 'orders', id: 'p6-states', data: { status: 'shipped' } },
      { op: 'PATCH', type: 'orders', id: 'p6-states', data: { status: 'processing' } },
      { op: 'PATCH', type: 'orders', id: 'p6-states', data: { status: 'shipped' } },
    )
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'illegal_transition',
      'applied',
      'applied',
    ])
  },
)

feature('P6', 'a price needs an approval in the metadata', ['rest', 'upload'], async ({ rest, upload }) => {
  const path = 'records/orders/p6-price'
  await rest('ann').put(path, { price: 10 })
  expect(await rest('ann').patch(path, { price: 9 })).toMatchObject({
    status: 403,
    body: { code: 'not_writable', field: 'price', remedy: expect.stringContaining('approval') },
  })
  const approved = await rest('ann').patch(path, { price: 9 }, { 'sluice-metadata': '{"approvedBy":"max"}' })
  expect(approved.body.fields.price).toBe(9)
  const at = { op: 'PATCH', type: 'orders', id: 'p6-price' } as const
  const [refused, allowed] = await upload(
    'ann',
    { ...at, data: { price: 8 } },
    { ...at, data: { price: 8 }, metadata: { approvedBy: 'max' } },
  )
  expect([refused.error.code, allowed.status]).toEqual(['not_writable', 'applied'])
})

feature('P6', 'a negative quantity is invalid', ['rest', 'upload'], async ({ rest, upload }) => {
  const path = 'records/orders/p6-quantity'
  await rest('ann').put(path, { quantity: 1 })
  expect(await rest('ann').patch(path, { quantity: -1 })).toMatchObject({
    status: 422,
    body: { code: 'out_of_bounds', field: 'quantity', detail: 'quantity is at least 0, not -1' },
  })
  const [result] = await upload('ann', {
    op: 'PATCH',
    type: 'orders',
    id: 'p6-quantity',
    data: { quantity: -1, address: 'there' },
  })
  expect(result).toMatchObject({
    status: 'rejected',
    fields: { quantity: { outcome: 'rejected', code: 'out_of_bounds' }, address: { outcome: 'applied' } },
  })
  expect((await rest('ann').get(path)).body.fields).toMatchObject({ quantity: 1, address: 'there' })
})

feature(
  'P6',
  'a rule violation does not block the queue: 200, and a result for each operation',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    await shippedOrder(rest, 'p6-queue')
    const results = await upload(
      'bob',
      { op: 'PATCH', type: 'orders', id: 'p6-queue', data: { address: 'there' } },
      { op: 'PUT', type: 'orders', id: 'p6-behind', data: order },
      { op: 'PATCH', type: 'orders', id: 'p6-behind', data: { address: 'there' } },
    )
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ['p6-queue', 'rejected'],
      ['p6-behind', 'rejected'],
      ['p6-behind', 'applied'],
    ])
    // An order starts as pending: the one field is refused, and the order is there.
    expect(results[1]?.fields).toMatchObject({
      status: { outcome: 'rejected', code: 'illegal_transition' },
      price: { outcome: 'applied' },
    })
    expect((await rest('bob').get('records/orders/p6-behind')).body.fields).toMatchObject({
      status: 'pending',
      price: 10,
      address: 'there',
    })
  },
)
