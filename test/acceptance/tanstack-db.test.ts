// TanStack DB on Sluice: its own collections, live queries and transactions, and the adapter between them.
import { count, createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import { expect } from 'vitest'
import type { SluiceClient } from '../../client/index.ts'
import { NotInForce, sluiceCollectionOptions } from '../../client/tanstack-db/index.ts'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'
import type config from './sluice.config.ts'

type App = SluiceClient<(typeof config)['schema']>

const tasksOf = (client: App) =>
  createCollection(sluiceCollectionOptions({ client, collection: 'tasks', where: { priority: 4 } }))
const ticketsOf = (client: App) =>
  createCollection(sluiceCollectionOptions({ client, collection: 'tickets' }))

feature(
  'T4',
  'a live query over a collection follows what others write, joins and groups included',
  ['sdk', 'rest'],
  async ({ sdk, rest }) => {
    for (const [id, status] of [
      ['t4-a', 'open'],
      ['t4-b', 'open'],
      ['t4-c', 'done'],
    ])
      await rest('ann').put(`records/tasks/${id}`, { title: id, status, priority: 4 })
    const tasks = tasksOf(await sdk('ann'))
    const perStatus = createLiveQueryCollection((q) =>
      q
        .from({ task: tasks })
        .groupBy(({ task }) => task.status)
        .select(({ task }) => ({ status: task.status, tasks: count(task.id) })),
    )
    const open = createLiveQueryCollection((q) =>
      q
        .from({ task: tasks })
        .where(({ task }) => eq(task.status, 'open'))
        .orderBy(({ task }) => task.title, 'desc')
        .select(({ task }) => ({ title: task.title })),
    )
    await Promise.all([perStatus.preload(), open.preload()])
    expect(open.toArray.map(({ title }) => title)).toEqual(['t4-b', 't4-a'])
    await rest('bob').patch('records/tasks/t4-a', { status: 'done', labels: { $add: ['urgent'] } })
    await rest('bob').delete('records/tasks/t4-c')
    await rest('bob').put('records/tasks/t4-d', { title: 't4-d', status: 'open', priority: 4 })
    await until(() => open.toArray.map(({ title }) => title).join() === 't4-d,t4-b', 'the rows of Bob')
    await until(() => tasks.get('t4-a')?.labels.includes('urgent'), 'the label')
    const counts = perStatus.toArray.map((row) => `${row.status} ${row.tasks}`)
    expect(counts.sort()).toEqual(['done 1', 'open 2'])
  },
)

feature(
  'T4',
  'a mutation is shown at once, offline too, and its promise resolves when the server has confirmed it',
  ['sdk', 'rest'],
  async ({ sdk, rest }) => {
    const client = await sdk('ann')
    await rest('ann').put('records/tasks/t4-own', { title: 'Call', priority: 4, labels: ['a', 'b'] })
    const tasks = tasksOf(client)
    await tasks.preload()
    await until(() => tasks.has('t4-own'), 'the row')
    client.disconnect()
    const created = tasks.insert(tasks.utils.newRow({ id: 't4-new', title: 'New', priority: 4 }))
    const written = tasks.update('t4-own', { metadata: { reason: 'call of 9:40' } }, (draft) => {
      draft.title = 'Call back'
      draft.labels = ['b', 'c']
    })
    expect([tasks.get('t4-new')?.title, tasks.get('t4-own')?.title]).toEqual(['New', 'Call back'])
    expect(tasks.get('t4-new')).toMatchObject({ status: null, labels: [] })
    await rest('bob').patch('records/tasks/t4-own', { status: 'done', labels: { $add: ['d'] } })
    expect(written.state).toBe('persisting')
    client.connect()
    await Promise.all([created.isPersisted.promise, written.isPersisted.promise])
    const { body } = await rest('ann').get('records/tasks/t4-own')
    expect(body.fields).toMatchObject({ title: 'Call back', status: 'done', labels: ['b', 'c', 'd'] })
    await until(() => tasks.get('t4-own')?.status === 'done', 'what Bob wrote')
    expect(tasks.get('t4-own')).toMatchObject({ title: 'Call back', labels: ['b', 'c', 'd'] })
    const log = await rest('ann').get('changes?record=t4-own&author=ann')
    expect(log.body.items[0].metadata).toMatchObject({ reason: 'call of 9:40' })
    await tasks.delete('t4-new').isPersisted.promise
    expect((await rest('ann').get('records/tasks/t4-new')).status).toBe(404)
    expect(tasks.has('t4-new')).toBe(false)
  },
)

feature(
  'T4',
  'a mutation that is held or refused is rolled back to what is in force, and says why; the rest of it stands',
  ['sdk', 'rest'],
  async ({ sdk, rest }) => {
    const client = await sdk('ann')
    await rest('ann').put('records/tickets/t4-held', { title: 'Crash', severity: 'low' })
    const tickets = ticketsOf(client)
    await tickets.preload()
    await until(() => tickets.has('t4-held'), 'the row')
    client.disconnect()
    const held = tickets.update('t4-held', (draft) => {
      draft.severity = 'medium'
      draft.title = 'Crash at start'
    })
    expect(tickets.get('t4-held')?.severity).toBe('medium')
    await rest('bob').patch('records/tickets/t4-held', { severity: 'high' })
    client.connect()
    const refused: unknown = await held.isPersisted.promise.catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(NotInForce)
    expect(refused).toMatchObject({
      outcome: { status: 'held', fields: { severity: { outcome: 'held' }, title: { outcome: 'applied' } } },
    })
    await until(() => tickets.get('t4-held')?.severity === 'high', 'the incumbent')
    expect(tickets.get('t4-held')?.title).toBe('Crash at start')
    expect(tickets.utils.view()?.rows.find(({ id }) => id === 't4-held')?.disputed).toMatchObject({
      severity: { challengers: 1 },
    })

    const orders = createCollection(sluiceCollectionOptions({ client, collection: 'orders' }))
    await rest('ann').put('records/orders/t4-locked', { status: 'pending', price: 5 })
    await orders.preload()
    await until(() => orders.has('t4-locked'), 'the order')
    const locked = orders.update('t4-locked', (draft) => {
      draft.price = 1
    })
    expect(orders.get('t4-locked')?.price).toBe(1)
    await expect(locked.isPersisted.promise).rejects.toThrow(/^rejected: price/)
    expect(orders.get('t4-locked')?.price).toBe(5)
    expect(() =>
      orders.update('t4-locked', (draft) => {
        draft.quantity = -1
      }),
    ).toThrow(/quantity/)
  },
)

feature(
  'T4',
  'what two people take from a counter adds up, though each has assigned a number',
  ['sdk', 'rest'],
  async ({ sdk, rest }) => {
    await rest('ann').put('records/items/t4-stock', { name: 'nail', stock: 10 })
    const clerks = await Promise.all(['ann', 'bob'].map((who) => sdk(who)))
    const sales = clerks.map(async (client) => {
      const items = createCollection(sluiceCollectionOptions({ client, collection: 'items' }))
      await items.preload()
      await until(() => items.get('t4-stock')?.stock === 10, 'the row')
      client.disconnect()
      const sale = items.update('t4-stock', (draft) => {
        draft.stock -= 3
      })
      return { client, items, sale }
    })
    for (const { client, items, sale } of await Promise.all(sales)) {
      client.connect()
      await sale.isPersisted.promise
      expect(items.get('t4-stock')?.stock).toBeLessThan(10)
    }
    expect((await rest('ann').get('records/items/t4-stock')).body.fields.stock).toBe(4)
  },
)
