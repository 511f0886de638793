// FlashQL's version tokens, write policies, queue and events.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'
import { watchPending } from './pending.ts'

feature('F4', 'every row has a version token of its own accord', ['rest'], async ({ rest }) => {
  const created = await rest('ann').put('records/invoices/f4', { amount: 1 })
  expect(created.etag).toBe(`"${created.body.version}"`)
  const next = await rest('ann').patch('records/invoices/f4', { amount: 2 }, { 'if-match': created.etag })
  expect(next.status).toBe(200)
  expect(next.etag).not.toBe(created.etag)
  expect((await rest('ann').patch('records/invoices/f4', { amount: 3 })).body.code).toBe('version_required')
})

feature(
  'F4',
  'a custom version column is honoured, and counted by the server',
  ['rest', 'upload', 'sql'],
  async (doors) => {
    const { rest, upload, sql } = doors
    await rest('ann').put('records/accounts/f4', { owner: 'Ada', balance: 1 })
    // The column as a client's SQLite holds it, before and after, and the same column set by hand.
    const [first, second] = await upload(
      'bob',
      {
        op: 'PATCH',
        type: 'accounts',
        id: 'f4',
        data: { balance: 2, rowVersion: 1 },
        old: { balance: 1, rowVersion: 1 },
      },
      { op: 'PATCH', type: 'accounts', id: 'f4', data: { balance: 3, rowVersion: 1 } },
    )
    expect([first.status, second.error.code]).toEqual(['applied', 'stale_version'])
    expect(sql("SELECT balance, rowVersion FROM accounts WHERE id = 'f4'")).toEqual([
      { balance: 2, rowVersion: 2 },
    ])
  },
)

feature(
  'F5',
  'origin_first: what a write is answered is on disk and in the tables',
  ['rest', 'sql'],
  async (doors) => {
    const { status } = await doors.rest('ann').put('records/tasks/f5', { title: 'Call' })
    expect(status).toBe(201)
    expect(doors.sql("SELECT title FROM tasks WHERE id = 'f5'")).toEqual([{ title: 'Call' }])
  },
)

feature(
  'F5',
  'local_first: a write shows at once, is staged until the server confirms it, and gives way to what the server decides',
  ['automerge', 'rest'],
  async ({ automerge, rest }) => {
    const { body } = await rest('ann').put('records/orders/f5', { price: 10, quantity: 1 })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    const isStaged = await watchPending(phone, handle)
    handle.change((order) => {
      order.quantity = 2
    })
    expect([handle.doc().quantity, isStaged()]).toEqual([2, true])
    await until(() => !isStaged(), 'the confirmation')
    handle.change((order) => {
      order.price = 1
    })
    expect(handle.doc().price).toBe(1)
    await until(() => handle.doc().price === 10, 'the refused write to give way')
    await until(() => !isStaged(), 'the confirmation')
  },
)

feature(
  'F6',
  'the queue is told what became of each write, and sends again what was not answered',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    const { etag } = await rest('ann').put('records/patients/f6', { name: 'Ada', diagnosis: 'flu' })
    await rest('ann').patch('records/patients/f6', { diagnosis: 'covid' })
    const at = {
      op: 'PATCH',
      type: 'patients',
      id: 'f6',
      metadata: { sluiceVersion: etag.replaceAll('"', '') },
    } as const
    const queue = [
      { ...at, data: { heartRate: 80 }, op_id: 9_061, tx_id: 1 },
      { ...at, data: { diagnosis: 'rsv' }, op_id: 9_062, tx_id: 1 },
      { ...at, data: { heartRate: 'fast' }, op_id: 9_063, tx_id: 1 },
    ]
    const statuses = async (): Promise<unknown> => (await upload('bob', ...queue)).map(({ status }) => status)
    expect(await statuses()).toEqual(['applied', 'held', 'rejected'])
    expect(await statuses()).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect((await upload('bob', ...queue)).map(({ fields }) => Object.values(fields)[0])).toMatchObject([
      { outcome: 'applied' },
      { outcome: 'held' },
      { outcome: 'rejected' },
    ])
  },
)

feature(
  'F6',
  'a lost write is forced by writing it again on the row as it is now',
  ['rest'],
  async ({ rest }) => {
    const { etag } = await rest('ann').put('records/tasks/f6', { title: 'Call' })
    await rest('bob').patch('records/tasks/f6', { title: 'by bob' }, { 'if-match': etag })
    await rest('ann').patch('records/tasks/f6', { title: 'by ann' }, { 'if-match': etag })
    const [lost] = (await rest('bob').get('changes?record=f6&author=bob&outcome=superseded')).body.items
    const forced = await rest('bob').send('POST', `changes/${lost.position}/restore`, undefined)
    expect(forced).toMatchObject({ status: 200, body: { fields: { title: 'by bob' } } })
  },
)

feature(
  'F7',
  'a conflict is told apart from errors, and from other changes',
  ['rest', 'stream'],
  async ({ rest, stream }) => {
    const { etag } = await rest('ann').put('records/patients/f7', { name: 'Ada', diagnosis: 'flu' })
    const conflicts = await stream('ann', 'record=f7&after=0')
    await rest('ann').patch(
      'records/patients/f7',
      { diagnosis: 'covid', heartRate: 80 },
      { 'if-match': etag },
    )
    await rest('bob').patch('records/patients/f7', { heartRate: 'fast' }, { 'if-match': etag })
    const held = await rest('bob').patch('records/patients/f7', { diagnosis: 'rsv' }, { 'if-match': etag })
    expect(held.status).toBe(200)
    const events = await conflicts.take(5)
    expect(events.map(({ event, data }) => [event, data.outcome])).toEqual([
      ['change', 'applied'],
      ['change', 'applied'],
      ['change', 'applied'],
      ['change', 'applied'],
      ['conflict', 'held'],
    ])
    expect(events.at(-1)?.data).toMatchObject({
      field: 'diagnosis',
      outcome: 'held',
      conflictId: held.body.outcomes.diagnosis.conflictId,
    })
  },
)

feature(
  'F8',
  'many offline edits come in as one history, once, whatever happens to the server meanwhile',
  ['automerge', 'rest', 'process'],
  async ({ automerge, rest, process }) => {
    const { body } = await rest('ann').put('records/items/f8', { name: 'Bolt', stock: 100 })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    await phone.goOffline()
    for (let sale = 0; sale < 20; sale++)
      handle.change((item) => (item.stock as { increment(by: number): void }).increment(-1))
    await process.restart()
    phone.goOnline()
    await until(async () => (await rest('ann').get('records/items/f8')).body.fields.stock === 80, 'all sales')
    await phone.goOffline()
    await process.restart()
    phone.goOnline()
    await until(() => phone.repo.peers.length > 0, 'the connection')
    expect((await rest('ann').get('records/items/f8')).body.fields.stock).toBe(80)
    expect((await rest('ann').get('changes?record=f8&author=bob')).body.items).toHaveLength(20)
  },
)
