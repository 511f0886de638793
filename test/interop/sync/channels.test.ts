// Channels of the sync door on the real program: records, live lists, the inbox, texts, presence.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { ConflictAction } from '../../../shared/sync/messages.ts'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SyncWire } from '../../support/sync-wire.ts'
import { TextClient } from '../../support/text-client.ts'
import { until } from '../../support/until.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await ServerProcess.start({
    SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/sluice.config.ts', import.meta.url)),
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (): Promise<SyncWire> => SyncWire.open(server.socketUrl)
const call = async (method: string, path: string, body?: object, headers = {}) =>
  rest(server.url, method, `/v1/records/${path}`, body, headers)

/** A conflict on the diagnosis: flu, then cold, and angina beside it. */
async function dispute(id: string): Promise<void> {
  const { etag } = await call('PUT', `patients/${id}`, { diagnosis: 'flu' })
  await call('PATCH', `patients/${id}`, { diagnosis: 'cold' })
  await call('PATCH', `patients/${id}`, { diagnosis: 'angina' }, { 'if-match': etag })
}

describe('K4: a record', () => {
  test('is told when it is opened and after every commit, with its conflicts whole', async () => {
    using wire = await open()
    const channel = wire.openRecord('patients', 'K4-1')
    const missing = await wire.next('record.state', channel)
    expect(missing.record).toMatchObject({ status: 'missing', version: null, fields: {} })
    await dispute('K4-1')
    const disputed = await until(async () => {
      const { record } = await wire.next('record.state', channel)
      return record.conflicts.length > 0 && record
    }, 'the conflict')
    expect(disputed).toMatchObject({
      status: 'live',
      fields: { diagnosis: 'cold' },
      conflicts: [
        { base: 'flu', inForce: 'cold', fields: ['diagnosis'], mayResolve: true, recordId: 'K4-1' },
      ],
    })
    await call('DELETE', 'patients/K4-1')
    const deleted = (await wire.next('record.state', channel)).record
    expect(deleted).toMatchObject({ status: 'deleted', fields: {} })
    expect(deleted.version).not.toBeNull()
  })

  test('whoever has it already is told so in a few bytes; a step in the inbox changes the mark', async () => {
    await dispute('K4-2')
    const wire = await open()
    const { mark, record } = await wire.next('record.state', wire.openRecord('patients', 'K4-2'))
    wire.close()
    using again = await open()
    const before = again.bytes
    const channel = again.openRecord('patients', 'K4-2', mark)
    await again.next('same', channel)
    expect(again.bytes - before).toBeLessThan(8)
    const [conflict] = record.conflicts
    await rest(server.url, 'PATCH', `/v1/conflicts/${conflict?.id}`, { assignee: 'ada' })
    const assigned = await again.next('record.state', channel)
    expect(assigned.mark).not.toBe(mark)
    expect(assigned.record.conflicts[0]?.assignee).toBe('ada')
  })

  test('a channel that is closed tells nothing more, and its number is free', async () => {
    using wire = await open()
    await call('PUT', 'items/K4-3', { name: 'a' })
    const channel = wire.openRecord('items', 'K4-3')
    await wire.next('record.state', channel)
    wire.send({ type: 'close', channel })
    await call('PATCH', 'items/K4-3', { name: 'b' })
    wire.send({ type: 'record.open', channel, collection: 'items', recordId: 'K4-4', known: null })
    expect((await wire.next('record.state', channel)).record.status).toBe('missing')
    expect(wire.heard).toEqual([])
  })
})

describe('K6: live lists', () => {
  test('a query tells its page, then what has changed, and says when nothing has', async () => {
    using wire = await open()
    for (const [id, priority] of Object.entries({ a: 2, b: 1, c: 3 }))
      await call('PUT', `tasks/K6-${id}`, { title: id, priority, status: 'K6' })
    const query = {
      collection: 'tasks',
      where: { status: 'K6' },
      orderBy: { field: 'priority', descending: true },
      after: null,
      limit: 3,
    }
    const channel = wire.nextChannel()
    wire.send({ type: 'query.open', channel, query, known: null })
    const page = await wire.next('query.page', channel)
    expect(page.rows.map(({ id }) => id)).toEqual(['K6-c', 'K6-a', 'K6-b'])
    expect(page.rows[0]).toMatchObject({ fields: { title: 'c', priority: 3 } })

    await call('PATCH', 'tasks/K6-b', { priority: 4 })
    const moved = await wire.next('query.diff', channel)
    expect(moved.ids).toEqual(['K6-b', 'K6-c', 'K6-a'])
    expect(moved.changed.map(({ id }) => id)).toEqual(['K6-b'])
    await call('PATCH', 'tasks/K6-c', { title: 'see' })
    const changed = await wire.next('query.diff', channel)
    expect([changed.ids, changed.changed.map(({ fields }) => fields.title)]).toEqual([null, ['see']])
    await call('PATCH', 'tasks/K6-a', { status: 'gone' })
    const last = await wire.next('query.diff', channel)
    expect([last.ids, last.changed]).toEqual([['K6-b', 'K6-c'], []])

    const other = wire.nextChannel()
    wire.send({ type: 'query.open', channel: other, query, known: last.mark })
    await wire.next('same', other)
  })

  test('a page of every order is the first of the whole; records without a value stand last', async () => {
    using wire = await open()
    const priorities = [5, 3, null, 1, 3, null, 2]
    for (const [at, stock] of priorities.entries())
      await call('PUT', `forms/o${at}`, { title: 'order', status: stock === null ? null : `s${stock}` })
    const idsOf = async (descending: boolean, limit: number) => {
      const channel = wire.nextChannel()
      const orderBy = { field: 'status', descending }
      const query = { collection: 'forms', where: { title: 'order' }, orderBy, after: null, limit }
      wire.send({ type: 'query.open', channel, query, known: null })
      const { rows, next } = await wire.next('query.page', channel)
      return [rows.map(({ id }) => id), next !== null]
    }
    expect(await idsOf(false, 10)).toEqual([['o3', 'o6', 'o1', 'o4', 'o0', 'o2', 'o5'], false])
    expect(await idsOf(true, 6)).toEqual([['o0', 'o1', 'o4', 'o6', 'o3', 'o2'], true])
  })

  test('what cannot be asked is refused on its channel, and disturbs no other', async () => {
    using wire = await open()
    const base = { collection: 'tasks', where: {}, orderBy: null, after: null, limit: 10 }
    const bad = [
      [{ ...base, collection: 'nowhere' }, 'unknown_collection'],
      [{ ...base, where: { labels: 'x' } }, 'bad_request'],
      [{ ...base, where: { priority: 'high' } }, 'bad_request'],
      [{ ...base, orderBy: { field: 'body', descending: false } }, 'bad_request'],
      [{ ...base, limit: 501 }, 'bad_request'],
    ] as const
    for (const [query, code] of bad) {
      const channel = wire.nextChannel()
      wire.send({ type: 'query.open', channel, query, known: null })
      expect((await wire.next('closed', channel)).code).toBe(code)
    }
    expect((await wire.record('tasks', 'none')).status).toBe('missing')
  })

  test('the inbox tells what is open, and what becomes of it', async () => {
    using wire = await open()
    const channel = wire.nextChannel()
    const filter = { states: ['open', 'assigned'], recordId: 'K6-inbox', collection: 'patients' } as const
    wire.send({ type: 'inbox.open', channel, filter, after: null, limit: 10, counts: false, known: null })
    expect((await wire.next('inbox.page', channel)).conflicts).toEqual([])
    await dispute('K6-inbox')
    const opened = await wire.next('inbox.diff', channel)
    expect(opened.changed).toMatchObject([{ recordId: 'K6-inbox', inForce: 'cold', mayResolve: true }])
    const [id = ''] = opened.ids ?? []
    await rest(server.url, 'PATCH', `/v1/conflicts/${id}`, { assignee: 'ada' })
    expect((await wire.next('inbox.diff', channel)).changed).toMatchObject([{ assignee: 'ada' }])
    const seen = opened.changed.flatMap(({ incumbent, challengers }) =>
      [incumbent, ...challengers].map((side) => side.id),
    )
    await rest(server.url, 'PUT', `/v1/conflicts/${id}/resolution`, { choose: seen[1], seen })
    expect((await wire.next('inbox.diff', channel)).ids).toEqual([])
  })
})

describe('K9: acting on a conflict', () => {
  test('assign, comment, decide and take back; a refusal is a result with the conflict as it is now', async () => {
    using wire = await open()
    await dispute('K9-1')
    const [conflict] = (await wire.record('patients', 'K9-1')).conflicts
    if (conflict === undefined) throw new Error('no conflict')
    let request = 0
    const act = async (action: ConflictAction, conflictId = conflict.id) => {
      request += 1
      wire.send({ type: 'act', request, conflictId, action })
      const answer = await wire.next('acted')
      expect(answer.request).toBe(request)
      return answer.result
    }
    const [challenger] = conflict.challengers
    const seen = [conflict.incumbent.id, challenger?.id ?? '']
    expect(await act({ type: 'assign', assignee: 'ada' })).toMatchObject({
      status: 'done',
      conflict: { assignee: 'ada', state: 'assigned' },
    })
    expect(await act({ type: 'comment', text: 'look at the chart' })).toMatchObject({ status: 'done' })
    const unseen = { type: 'choose', side: seen[1] ?? '', seen: seen.slice(0, 1), note: null } as const
    expect(await act(unseen)).toMatchObject({
      status: 'refused',
      code: 'stale_resolution',
      details: { conflict: { id: conflict.id } },
    })
    expect(await act({ ...unseen, seen })).toMatchObject({ status: 'done', conflict: { state: 'resolved' } })
    expect((await call('GET', 'patients/K9-1')).body.fields.diagnosis).toBe('angina')
    expect(await act({ type: 'undo' })).toMatchObject({ conflict: { state: 'assigned' } })
    expect(await act({ type: 'value', value: 'cough', seen, note: null })).toMatchObject({ status: 'done' })
    expect((await call('GET', 'patients/K9-1')).body.fields.diagnosis).toBe('cough')
    expect(await act({ type: 'withdraw' }, 'nobody')).toMatchObject({ status: 'refused', code: 'not_found' })
    expect(await act({ type: 'explode' } as never)).toMatchObject({ status: 'refused', code: 'bad_request' })
  })
})

/** A text on a channel, with a document of its own. */
class WireText {
  readonly doc = new Y.Doc()
  readonly channel: number
  readonly #wire: SyncWire
  number = 0

  constructor(wire: SyncWire, collection: string, recordId: string) {
    this.#wire = wire
    this.channel = wire.nextChannel()
    const stateVector = Y.encodeStateVector(this.doc)
    wire.send({ type: 'text.open', channel: this.channel, collection, recordId, stateVector })
  }

  async opened(): Promise<boolean> {
    const { update, mayWrite } = await this.#wire.next('text.opened', this.channel)
    Y.applyUpdate(this.doc, update)
    return mayWrite
  }

  /** @returns the number of the update that holds it. */
  type(text: string): number {
    const before = Y.encodeStateVector(this.doc)
    this.doc.getText('body').insert(this.doc.getText('body').length, text)
    return this.send(Y.encodeStateAsUpdate(this.doc, before))
  }

  send(update: Uint8Array): number {
    this.number += 1
    this.#wire.send({ type: 'text.update', channel: this.channel, number: this.number, update })
    return this.number
  }

  async hears(text: string): Promise<void> {
    await until(() => {
      for (const message of this.#wire.heard)
        if (message.type === 'text.update' && message.channel === this.channel)
          Y.applyUpdate(this.doc, message.update)
      return this.doc.getText('body').toString() === text
    }, `the text ${text}`)
  }
}

describe('K7: a text', () => {
  test('goes both ways, shared with y-websocket; each update is answered once it is durable', async () => {
    using wire = await open()
    const text = new WireText(wire, 'tickets', 'K7-1')
    expect(await text.opened()).toBe(true)
    const number = text.type('one')
    expect((await wire.next('text.done', text.channel)).number).toBe(number)
    await server.restart()
    using again = await open()
    const other = new WireText(again, 'tickets', 'K7-1')
    await other.opened()
    expect(other.doc.getText('body').toString()).toBe('one')
    const peer = new TextClient(server.socketUrl, 'tickets/K7-1', 'nothing', 'token')
    try {
      await until(() => peer.doc.getText('body').toString() === 'one', 'the peer to have the text')
      peer.doc.getText('body').insert(3, ' two')
      await other.hears('one two')
      other.type(' three')
      await until(() => peer.doc.getText('body').toString() === 'one two three', 'the peer to hear')
    } finally {
      peer.destroy()
    }
  })

  test('what builds on something that the server lacks is asked for; what no gate takes is refused in-band', async () => {
    using wire = await open()
    const text = new WireText(wire, 'tickets', 'K7-2')
    await text.opened()
    const { doc } = text
    doc.getText('body').insert(0, 'lost ')
    const before = Y.encodeStateVector(doc)
    doc.getText('body').insert(5, 'found')
    const number = text.send(Y.encodeStateAsUpdate(doc, before))
    const behind = await wire.next('text.behind', text.channel)
    expect(behind.number).toBe(number)
    text.send(Y.encodeStateAsUpdate(doc, behind.stateVector))
    await wire.next('text.done', text.channel)
    const bad = text.send(new Uint8Array([1, 2, 3]))
    expect(await wire.next('text.refused', text.channel)).toMatchObject({ number: bad })
    const good = text.type('!')
    expect((await wire.next('text.done', text.channel)).number).toBe(good)
    using other = await open()
    const copy = new WireText(other, 'tickets', 'K7-2')
    await copy.opened()
    expect(copy.doc.getText('body').toString()).toBe('lost found!')
  })

  test('K8: presence is told to all others in the room, whichever channel they have; a leaver is told', async () => {
    using ada = await open()
    using bob = await open()
    const text = new WireText(ada, 'tickets', 'K8-1')
    await text.opened()
    const channel = bob.nextChannel()
    bob.send({ type: 'presence.open', channel, collection: 'tickets', recordId: 'K8-1' })
    expect((await bob.next('presence', channel)).entries).toEqual([])
    const here = { client: 7, clock: 1, state: { user: 'ada' } }
    ada.send({ type: 'presence', channel: text.channel, entries: [here] })
    expect((await bob.next('presence', channel)).entries).toEqual([here])
    const tooLarge = { client: 8, clock: 1, state: { user: 'x'.repeat(20_000) } }
    bob.send({
      type: 'presence',
      channel,
      entries: [tooLarge, { client: 9, clock: 1, state: { user: 'bob' } }],
    })
    await until(
      () =>
        ada.heard.some(
          (message) => message.type === 'presence' && message.entries.some(({ client }) => client === 9),
        ),
      'bob to be seen',
    )
    expect(JSON.stringify(ada.heard)).not.toContain('xxx')
    ada.close()
    expect((await bob.next('presence', channel)).entries).toMatchObject([{ client: 7, state: null }])
  })
})
