// What the documents ask for, through the door of the SDK.
import { expect } from 'vitest'
import { changeOf, set } from '../support/sync-wire.ts'
import { feature } from './feature.ts'

feature(
  'F8',
  'a queue of changes made offline is sent twice, in two halves and over a crash, and each is carried out once',
  ['sync', 'rest', 'process'],
  async ({ sync, rest, process }) => {
    await rest('ann').put('records/items/f8-sync', { name: 'nail', stock: 10 })
    const sale = (amount: number) =>
      changeOf({
        collection: 'items',
        recordId: 'f8-sync',
        ops: [{ type: 'increment', field: 'stock', amount }],
        seen: '*',
      })
    const queue = [sale(-1), sale(-2), sale(-3)]
    const phone = await sync('ann')
    for (const change of queue.slice(0, 2)) phone.send({ type: 'change', change })
    await phone.resultOf(queue[1]?.id ?? '')
    await process.restart()
    const again = await sync('ann')
    for (const change of [...queue, ...queue]) again.send({ type: 'change', change })
    for (const { id } of queue) expect(await again.resultOf(id)).toMatchObject({ status: 'done' })
    await again.change({ collection: 'items', recordId: 'f8-sync', ops: [set('name', 'screw')], seen: '*' })
    expect((await rest('ann').get('records/items/f8-sync')).body.fields).toMatchObject({
      name: 'screw',
      stock: 4,
    })
  },
)

feature(
  'B4',
  'a change that the SDK has been answered survives a crash at that moment',
  ['sync', 'rest', 'process'],
  async ({ sync, rest, process }) => {
    const wire = await sync('ann')
    const made = await wire.change({
      collection: 'tasks',
      recordId: 'b4-sync',
      intent: 'create',
      ops: [set('title', 'kept')],
    })
    await process.restart()
    expect(made).toMatchObject({ status: 'done', fields: { title: { outcome: 'applied' } } })
    expect((await rest('ann').get('records/tasks/b4-sync')).body.fields.title).toBe('kept')
  },
)

feature(
  'N1',
  'changes that one makes in a row offline compete with what he had not seen, and never with each other',
  ['sync', 'rest'],
  async ({ sync, rest }) => {
    await rest('ann').put('records/patients/n1-sync', { diagnosis: 'flu', heartRate: 60 })
    const phone = await sync('ann')
    const { version: seen } = await phone.record('patients', 'n1-sync')
    await rest('bob').patch('records/patients/n1-sync', { diagnosis: 'cold' })
    const base = { collection: 'patients', recordId: 'n1-sync', seen }
    const first = changeOf({ ...base, ops: [set('heartRate', 70)] })
    const second = changeOf({ ...base, ops: [set('heartRate', 80)], after: [first.id] })
    const third = changeOf({ ...base, ops: [set('diagnosis', 'angina')], after: [second.id, first.id] })
    for (const change of [first, second, third]) phone.send({ type: 'change', change })
    for (const { id } of [first, second])
      expect(await phone.resultOf(id)).toMatchObject({ fields: { heartRate: { outcome: 'applied' } } })
    expect(await phone.resultOf(third.id)).toMatchObject({ fields: { diagnosis: { outcome: 'held' } } })
    const told = await phone.record('patients', 'n1-sync')
    expect(told.conflicts).toMatchObject([
      { base: 'flu', inForce: 'cold', challengers: [{ value: 'angina' }] },
    ])
    expect(told.fields).toMatchObject({ diagnosis: 'cold', heartRate: 80 })
  },
)
