// Sessions of the sync door on the real program: greeting, rights, limits, tokens.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import { encodeCbor } from '../../../shared/wire/cbor.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SECRET, secondsFromNow, signToken } from '../../support/sign-token.ts'
import { changeOf, SyncWire, set } from '../../support/sync-wire.ts'
import { LATE_MS_MAX, until } from '../../support/until.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await ServerProcess.start({
    SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/access/sluice.config.ts', import.meta.url)),
    SLUICE_JWT_SECRET: SECRET,
    SLUICE_ERASURE_ROLES: 'dpo',
    SLUICE_SYNC_CHANNELS_MAX: '4',
    SLUICE_SYNC_LISTS_MAX: '2',
    SLUICE_SYNC_ROWS_MAX: '10',
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const tokenOf = (sub: string, roles: readonly string[] = []): Promise<string> => signToken(sub, { roles })
const openAs = async (sub: string, roles: readonly string[] = []): Promise<SyncWire> =>
  SyncWire.open(server.socketUrl, await tokenOf(sub, roles))
const put = async (path: string, fields: object, sub = 'dora', roles: readonly string[] = ['doctor']) =>
  rest(server.url, 'PUT', `/v1/records/${path}`, fields, as(await tokenOf(sub, roles)))

describe('K1, K2: the greeting', () => {
  test('says who one is, until when, and what one may have', async () => {
    const wire = await SyncWire.connect(server.socketUrl, await tokenOf('ada'))
    const welcome = await wire.next('welcome')
    expect(welcome).toMatchObject({
      subject: 'ada',
      tenant: 'default',
      rows: 10,
    })
    expect(welcome.expiresInMs).toBeGreaterThan(500_000)
    wire.send({ type: 'ping', number: 17 })
    expect((await wire.next('pong')).number).toBe(17)
    wire.close()
  })

  test('another version, another order and other bytes are not spoken with', async () => {
    const token = await tokenOf('ada')
    const closedBy = async (...frames: readonly Uint8Array[]) => {
      const wire = await SyncWire.connect(server.socketUrl, token)
      for (const frame of frames) wire.socket.send(frame)
      return wire.end()
    }
    const hello = encodeCbor([0, 'a phone'])
    const older = await SyncWire.connect(server.socketUrl, token, SYNC_PROTOCOL - 1)
    expect(await older.end()).toMatchObject({
      code: 4400,
      reason: `bad_frame: this server speaks version ${SYNC_PROTOCOL} of the sync protocol, at /sync/${SYNC_PROTOCOL}`,
    })
    const bad = [
      [encodeCbor([2, 1]), hello],
      [encodeCbor([0, null])],
      [hello, hello],
      [hello, encodeCbor([99])],
      [hello, encodeCbor([2])],
      [hello, encodeCbor([2, 'one'])],
      [hello, encodeCbor([2, 1, 'surplus'])],
      [hello, encodeCbor({ type: 'ping' })],
      [hello, new Uint8Array([0x9f, 0x00, 0xff])],
      [hello, encodeCbor([10, 1, []])],
      [hello, encodeCbor([4, { id: 'a b' }])],
      [
        hello,
        encodeCbor([
          11,
          1,
          { collection: 'free', where: {}, orderBy: null, after: null, limit: 1, more: 1 },
          null,
        ]),
      ],
    ]
    for (const frames of bad) expect((await closedBy(...frames)).code).toBe(4400)
  })

  test('without a token that is good nobody is let in', async () => {
    const wire = await SyncWire.connect(server.socketUrl, 'forged')
    expect((await wire.end()).code).toBe(4401)
  })
})

describe('K11: rights', () => {
  test('A3: a field that one may not read is not there, nor the conflicts about it; what one may not write is named', async () => {
    await put('charts/K11-1', { owner: 'ada', weight: 70, diagnosis: 'flu' })
    using nurse = await openAs('nora', ['nurse'])
    using auditor = await openAs('otto', ['auditor'])
    using doctor = await openAs('dora', ['doctor'])
    using stranger = await openAs('sam')
    expect((await nurse.record('charts', 'K11-1')).fields).toEqual({ owner: 'ada', weight: 70 })
    const audited = await auditor.record('charts', 'K11-1')
    expect(audited.fields.diagnosis).toBe('flu')
    expect([audited.readOnly, audited.mayDelete]).toEqual([['owner', 'weight', 'diagnosis'], false])
    const treated = await doctor.record('charts', 'K11-1')
    expect([treated.readOnly, treated.mayDelete]).toEqual([[], true])
    const [unseen, none] = [
      await stranger.record('charts', 'K11-1'),
      await stranger.record('charts', 'nothing'),
    ]
    expect(unseen).toEqual(none)
    expect(unseen.status).toBe('missing')
  })

  test('A2: a change to what one may not write is refused, and says nothing of what one may not read', async () => {
    await put('charts/K11-2', { owner: 'ada', weight: 70, diagnosis: 'flu' })
    using nurse = await openAs('nora', ['nurse'])
    using stranger = await openAs('sam')
    const write = { collection: 'charts', recordId: 'K11-2', ops: [set('diagnosis', 'cold')] }
    expect(await nurse.change({ ...write, seen: '*' })).toMatchObject({
      status: 'refused',
      code: 'forbidden',
    })
    const told = await stranger.change({ ...write, seen: '*' })
    const elsewhere = await stranger.change({ ...write, recordId: 'nothing', seen: '*' })
    expect(told).toEqual(elsewhere)
    expect(told).toMatchObject({ status: 'refused', code: 'forbidden' })
  })

  test('A6: when a rule no longer lets one read, the record goes missing on the open channel; and comes back', async () => {
    await put('diaries/K11-3', { owner: 'ada', title: 'mine' }, 'ada')
    await put('diaries/K11-3', { owner: 'ada', title: 'mine' }, 'ada', [])
    using bob = await openAs('bob')
    using ada = await openAs('ada', ['doctor'])
    const channel = bob.openRecord('diaries', 'K11-3')
    const first = await bob.next('record.state', channel)
    expect(first.record.status).toBe('missing')
    const give = async (from: SyncWire, owner: string) =>
      from.change({ collection: 'diaries', recordId: 'K11-3', ops: [set('owner', owner)], seen: '*' })
    const made = await ada.record('diaries', 'K11-3')
    if (made.status !== 'live') return expect(made.status).toBe('live')
    expect(await give(ada, 'bob')).toMatchObject({ status: 'done' })
    expect((await bob.next('record.state', channel)).record).toMatchObject({
      status: 'live',
      fields: { title: 'mine' },
    })
    expect(await give(bob, 'ada')).toMatchObject({ status: 'done' })
    expect((await bob.next('record.state', channel)).record).toEqual(first.record)
  })

  test('A3, A7: nobody lists by what he may not read, nor opens texts of which he may not read one', async () => {
    await put('letters/K11-4', { owner: 'ada', title: 'a' })
    using nurse = await openAs('nora', ['nurse'])
    using stranger = await openAs('sam')
    const refusal = async (wire: SyncWire, collection: string, field: string) => {
      const channel = wire.nextChannel()
      const orderBy = { field, descending: false }
      wire.send({
        type: 'query.open',
        channel,
        query: { collection, where: {}, orderBy, after: null, limit: 5 },
        known: null,
      })
      return (await wire.next('closed', channel)).code
    }
    expect(await refusal(nurse, 'charts', 'diagnosis')).toBe('forbidden')
    expect(await refusal(stranger, 'charts', 'weight')).toBe('forbidden')
    for (const type of ['text.open', 'presence.open'] as const) {
      const channel = stranger.nextChannel()
      const named = { channel, collection: 'letters', recordId: 'K11-4' }
      stranger.send(
        type === 'text.open' ? { type, ...named, stateVector: new Uint8Array([0]) } : { type, ...named },
      )
      expect((await stranger.next('closed', channel)).code).toBe('forbidden')
    }
  })
})

describe('W9: limits of a session', () => {
  test('one channel too many, or one list, is refused; the others go on', async () => {
    using wire = await openAs('ada')
    const inbox = () => {
      const channel = wire.nextChannel()
      wire.send({
        type: 'inbox.open',
        channel,
        filter: {},
        after: null,
        limit: 5,
        counts: false,
        known: null,
      })
      return channel
    }
    await wire.next('inbox.page', inbox())
    const second = inbox()
    await wire.next('inbox.page', second)
    expect(await wire.next('closed', inbox())).toMatchObject({ code: 'too_many' })
    await wire.record('free', 'W9-1')
    await wire.record('free', 'W9-2')
    expect(await wire.next('closed', wire.openRecord('free', 'W9-3'))).toMatchObject({ code: 'too_many' })
    wire.send({ type: 'close', channel: second })
    expect((await wire.record('free', 'W9-3')).status).toBe('missing')
  })

  test('who does not read what he asks for is closed, and others are not held up', async () => {
    await using small = await ServerProcess.start({
      SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/sluice.config.ts', import.meta.url)),
      SLUICE_BUFFERED_BYTES_MAX: '200000',
    })
    await rest(small.url, 'PUT', '/v1/records/tasks/W9-slow', { title: 'x'.repeat(60_000) })
    using slow = await SyncWire.open(small.socketUrl)
    slow.socket.pause()
    for (let round = 0; round < 400; round++) slow.openRecord('tasks', 'W9-slow')
    using other = await SyncWire.open(small.socketUrl)
    expect((await other.record('tasks', 'W9-slow')).status).toBe('live')
    await until(() => {
      // Who reads nothing learns by writing that he has been cut off.
      if (slow.closed === null) slow.socket.ping()
      return slow.closed
    }, 'the slow one to be cut off')
    expect((await other.record('tasks', 'W9-slow')).status).toBe('live')
  })
})

describe('K10, W13: tokens', () => {
  test('a fresh token goes on with the session; one of somebody else, or none, ends it', async () => {
    const exp = secondsFromNow(4)
    const wire = await SyncWire.open(server.socketUrl, await signToken('ada', { exp }))
    wire.send({ type: 'token', token: await signToken('ada') })
    expect((await wire.next('renewed')).expiresInMs).toBeGreaterThan(500_000)
    await until(() => Date.now() > exp * 1000 + 500, 'the first token to have expired')
    expect((await wire.record('free', 'K10-1')).status).toBe('missing')
    wire.send({ type: 'token', token: await signToken('bob') })
    expect(await wire.end()).toMatchObject({ code: 4401 })
  })

  test('without one it ends at the expiry; what was not answered is sent again with the next', async () => {
    const exp = secondsFromNow(2)
    const wire = await SyncWire.open(server.socketUrl, await signToken('ada', { exp }))
    expect((await wire.end()).code).toBe(4401)
    expect(Date.now()).toBeLessThan(exp * 1000 + LATE_MS_MAX)
    using again = await openAs('ada')
    const change = changeOf({
      collection: 'free',
      recordId: 'K10-2',
      intent: 'create',
      ops: [set('title', 'a')],
    })
    again.send({ type: 'change', change })
    expect((await again.resultOf(change.id)).status).toBe('done')
  })
})

describe('E4, E5: an erasure', () => {
  test('reaches every channel at once, and no change begins the record anew, whenever it was made', async () => {
    using wire = await openAs('ada')
    const made = await wire.change({
      collection: 'free',
      recordId: 'E5-1',
      intent: 'create',
      ops: [set('title', 'secret')],
    })
    expect(made.status).toBe('done')
    const before = await wire.next('record.state', wire.openRecord('free', 'E5-1'))
    const text = wire.nextChannel()
    const stateVector = new Uint8Array([0])
    wire.send({ type: 'text.open', channel: text, collection: 'free', recordId: 'E5-1', stateVector })
    await wire.next('text.opened', text)
    const list = wire.nextChannel()
    const query = { collection: 'free', where: { title: 'secret' }, orderBy: null, after: null, limit: 5 }
    wire.send({ type: 'query.open', channel: list, query, known: null })
    expect((await wire.next('query.page', list)).rows).toHaveLength(1)

    const named = { collection: 'free', id: 'E5-1' }
    const erasure = { ...named, reason: 'asked for', allowNew: true }
    const answer = await rest(server.url, 'POST', '/v1/erasures', erasure, as(await tokenOf('otto', ['dpo'])))
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    const after = await wire.next('record.state', before.channel)
    expect(after.record).toMatchObject({ status: 'erased', version: null, fields: {}, conflicts: [] })
    expect((await wire.next('closed', text)).code).toBe('erased')
    expect((await wire.next('query.diff', list)).ids).toEqual([])

    const write = { collection: 'free', recordId: 'E5-1', ops: [set('title', 'secret')] }
    for (const intent of ['create', 'replace', 'upsert', 'update'] as const)
      for (const seen of [null, '*', before.record.version])
        expect(await wire.change({ ...write, intent, seen })).toMatchObject({
          status: 'refused',
          code: 'erased',
        })
    expect((await wire.record('free', 'E5-1')).status).toBe('erased')
    // Once it has begun anew, what was made on the history that is gone still does not enter it.
    expect((await put('free/E5-1', { owner: 'ada', title: 'new' }, 'ada', [])).status).toBe(201)
    expect((await wire.next('record.state', before.channel)).record.fields.title).toBe('new')
    const late = await wire.change({ ...write, seen: before.record.version })
    expect(late).toMatchObject({ status: 'refused', code: 'unknown_version' })
  })
})
