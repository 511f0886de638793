// The ladder of "Offline-First Apps with TanStack DB and PowerSync": each rung is a declaration.
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'T1',
  'records that two offline clients create, and comments on different records, all come in',
  ['automerge', 'rest', 'upload'],
  async ({ automerge, rest, upload }) => {
    const { body } = await rest('ann').put('records/tasks/t1-old', { title: 'Old' })
    const phone = automerge('ann')
    const handle = await phone.find(body.automergeUrl)
    await phone.goOffline()
    handle.change((task) => {
      task.status = new ImmutableString('done')
    })
    const [created] = await upload('bob', { op: 'PUT', type: 'tasks', id: 't1-new', data: { title: 'New' } })
    phone.goOnline()
    await until(
      async () => (await rest('ann').get('records/tasks/t1-old')).body.fields.status === 'done',
      'the edit',
    )
    expect(created.status).toBe('applied')
    expect((await rest('ann').get('records/tasks/t1-new')).body.fields.title).toBe('New')
    expect((await rest('ann').get('conflicts?record=t1-old')).body.items).toEqual([])
  },
)

feature(
  'T2',
  'different fields of one record merge, and so do items of a set',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    const path = 'records/tasks/t2'
    const { etag } = await rest('ann').put(path, { title: 'Call', labels: ['ui'] })
    const metadata = { sluiceVersion: etag.replaceAll('"', '') }
    await rest('ann').patch(path, { title: 'Call back', labels: { $add: ['urgent'] } }, { 'if-match': etag })
    const [other] = await upload('bob', {
      op: 'PATCH',
      type: 'tasks',
      id: 't2',
      data: { status: 'done' },
      metadata,
    })
    expect(other.status).toBe('applied')
    const late = await rest('cyd').patch(path, { labels: { $remove: ['ui'] } }, { 'if-match': etag })
    expect(late.body.fields).toMatchObject({ title: 'Call back', status: 'done', labels: ['urgent'] })
  },
)

feature(
  'T3',
  'rung 1: a delete from an offline queue is refused, and says why; online it is carried out',
  ['rest', 'upload', 'automerge'],
  async (doors) => {
    const { rest, upload, automerge } = doors
    const { body } = await rest('ann').put('records/folders/t3', { name: 'Plans' })
    const [queued] = await upload('bob', { op: 'DELETE', type: 'folders', id: 't3' })
    expect(queued).toMatchObject({
      status: 'rejected',
      error: { code: 'locked', message: 'folders are deleted online only' },
    })
    const handle = await automerge('cyd').find(body.automergeUrl)
    handle.change((folder) => {
      folder._deleted = true
    })
    await until(() => handle.doc()._deleted !== true, 'the delete to be undone')
    expect((await rest('ann').get('records/folders/t3')).status).toBe(200)
    expect((await rest('ann').delete('records/folders/t3')).status).toBe(204)
  },
)

feature(
  'T3',
  'rung 2: the last write wins, the log keeps the loser, and its author restores it',
  ['rest', 'stream'],
  async (doors) => {
    const { rest, stream } = doors
    const path = 'records/tasks/t3-lww'
    const { etag } = await rest('ann').put(path, { title: 'Call' })
    const lost = await stream('ann', 'outcome=superseded&author=ann&record=t3-lww')
    await lost.next()
    await rest('ann').patch(path, { title: 'by ann' }, { 'if-match': etag })
    const late = await rest('bob').patch(path, { title: 'by bob' }, { 'if-match': etag })
    expect(late.body.outcomes.title.outcome).toBe('merged')
    const [loss] = await lost.take(1)
    expect(loss?.data).toMatchObject({ field: 'title', oldValue: 'by ann', newValue: 'by bob' })
    const restored = await rest('ann').send('POST', `changes/${loss?.data.position}/restore`, undefined)
    expect(restored.body.fields.title).toBe('by ann')
  },
)

feature(
  'T3',
  'rung 3: done on the server beats in progress from offline, in either order',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    for (const [id, first, second] of [
      ['t3-a', 'done', 'in progress'],
      ['t3-b', 'in progress', 'done'],
    ] as const) {
      const { etag } = await rest('ann').put(`records/tickets/${id}`, { title: 'Crash' })
      await rest('ann').patch(`records/tickets/${id}`, { status: first }, { 'if-match': etag })
      const [late] = await upload('bob', {
        op: 'PATCH',
        type: 'tickets',
        id,
        data: { status: second },
        metadata: { sluiceVersion: etag.replaceAll('"', '') },
      })
      expect(late.status).toBe(second === 'done' ? 'merged' : 'superseded')
      expect((await rest('ann').get(`records/tickets/${id}`)).body.fields.status).toBe('done')
    }
  },
)

feature('T3', 'rung 4: a person decides, with base and every side before him', ['rest'], async ({ rest }) => {
  const { etag } = await rest('ann').put('records/tickets/t3-manual', { title: 'Crash', severity: 'low' })
  const seen = { 'if-match': etag }
  await rest('ann').patch('records/tickets/t3-manual', { severity: 'high' }, seen)
  await rest('bob').patch('records/tickets/t3-manual', { severity: 'medium' }, seen)
  const [conflict] = (await rest('cyd').get('conflicts?record=t3-manual')).body.items
  expect(conflict).toMatchObject({
    base: 'low',
    incumbent: { value: 'high', author: 'ann', receivedAt: expect.any(String) },
    challengers: [{ value: 'medium', author: 'bob', sawVersion: expect.any(String) }],
  })
})

feature(
  'T3',
  'rung 5: text merges by character while a critical field beside it waits for a person',
  ['yjs', 'rest'],
  async ({ yjs, rest }) => {
    const { etag } = await rest('ann').put('records/tickets/t3-crdt', { title: 'Crash', severity: 'low' })
    const [ann, bob] = [yjs('ann', 'tickets/t3-crdt'), yjs('bob', 'tickets/t3-crdt')]
    ann.typeParagraph('Steps to reproduce')
    await until(() => bob.text.includes('Steps'), 'Bob to see it')
    for (const client of [ann, bob]) client.provider.disconnect()
    ann.typeParagraph('by Ann')
    bob.typeParagraph('by Bob')
    await rest('ann').patch('records/tickets/t3-crdt', { severity: 'high' }, { 'if-match': etag })
    await rest('bob').patch('records/tickets/t3-crdt', { severity: 'medium' }, { 'if-match': etag })
    for (const client of [ann, bob]) client.provider.connect()
    const record = await until(async () => {
      const { body } = await rest('ann').get('records/tickets/t3-crdt')
      return body.text.body.includes('by Ann') && body.text.body.includes('by Bob') ? body : null
    }, 'both paragraphs')
    expect(record.fields.severity).toBe('high')
    expect(record.disputed.severity.challengers).toBe(1)
  },
)
