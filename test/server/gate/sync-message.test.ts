// The container of Automerge's sync messages, against what the real library writes.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lebBytes } from '../../../server/gate/byte-reader.ts'
import type { ReadSyncMessage, SyncMessage } from '../../../server/gate/sync-message.ts'
import {
  defaultSyncLimits,
  readSyncMessage,
  withNeed,
  withoutCapabilities,
} from '../../../server/gate/sync-message.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

const ADA = 'aa'.repeat(16)
const BOB = 'bb'.repeat(16)
const HASH = new Array<number>(32).fill(7)

const read = (bytes: Uint8Array): ReadSyncMessage => readSyncMessage(bytes, defaultSyncLimits)

function mustRead(bytes: Uint8Array): SyncMessage {
  const result = read(bytes)
  if (!result.ok) throw new Error(result.reason)
  return result.message
}

function edited(doc: Doc, count: number, key = 'n'): Doc {
  let next = doc
  for (let value = 0; value < count; value++)
    next = Automerge.change(next, (root) => {
      root[key] = value
    })
  return next
}

interface Agreement {
  readonly client: Doc
  readonly server: Doc
  readonly clientState: Automerge.SyncState
}

/** Lets an unmodified client and a server that takes changes only through the reader talk to the end. */
function synchronise(clientDoc: Doc, serverDoc: Doc, strip = withoutCapabilities): Agreement {
  let [client, server] = [clientDoc, serverDoc]
  let [clientState, serverState] = [Automerge.initSyncState(), Automerge.initSyncState()]
  for (let round = 0; round < 20; round++) {
    const [nextClientState, fromClient] = Automerge.generateSyncMessage(client, clientState)
    clientState = nextClientState
    if (fromClient !== null) {
      const { changes, withoutChanges } = mustRead(fromClient)
      ;[server, serverState] = Automerge.receiveSyncMessage(server, serverState, withoutChanges)
      ;[server] = Automerge.applyChanges(server, [...changes])
    }
    const [nextServerState, fromServer] = Automerge.generateSyncMessage(server, serverState)
    serverState = nextServerState
    if (fromServer !== null)
      [client, clientState] = Automerge.receiveSyncMessage(client, clientState, strip(fromServer))
    if (fromClient === null && fromServer === null) return { client, server, clientState }
  }
  throw new Error('they never fell silent')
}

describe('readSyncMessage', () => {
  it('reads every message that two libraries exchange as the library itself does', () => {
    let client: Doc = edited(Automerge.init(ADA), 5)
    let server: Doc = Automerge.change(Automerge.init(BOB), (root) => {
      root.title = 'plan'
    })
    let [clientState, serverState] = [Automerge.initSyncState(), Automerge.initSyncState()]
    let messages = 0
    for (let round = 0; round < 6; round++) {
      const [next, message] = Automerge.generateSyncMessage(client, clientState)
      clientState = next
      if (message !== null) {
        const { heads, need, have, changes } = mustRead(message)
        expect(Automerge.decodeSyncMessage(message)).toMatchObject({ heads, need, have, changes })
        messages++
        ;[server, serverState] = Automerge.receiveSyncMessage(server, serverState, message)
      }
      const [nextServer, answer] = Automerge.generateSyncMessage(server, serverState)
      serverState = nextServer
      if (answer !== null)
        [client, clientState] = Automerge.receiveSyncMessage(client, clientState, withoutCapabilities(answer))
    }
    expect(messages).toBeGreaterThanOrEqual(2)
  })

  it('keeps the flags and everything but the changes for the library', () => {
    const [, first] = Automerge.generateSyncMessage(edited(Automerge.init(ADA), 1), Automerge.initSyncState())
    if (first === null) throw new Error('no message')
    const decoded = Automerge.decodeSyncMessage(first)
    const { heads, need, have } = decoded
    const withChanges = Uint8Array.from([
      ...withoutCapabilities(
        Automerge.encodeSyncMessage({ heads, need, have, changes: [Uint8Array.of(1, 2)] }),
      ),
      ...[2, 0x02, 0x84],
    ])
    const message = mustRead(withChanges)
    expect(message.changes).toEqual([Uint8Array.of(1, 2)])
    expect(Automerge.decodeSyncMessage(message.withoutChanges)).toEqual({ ...decoded, changes: [] })
    expect([...message.withoutChanges.slice(-3)]).toEqual([2, 0x02, 0x84])
  })

  it('W6: a whole document in place of changes is refused', () => {
    const document = Automerge.save(edited(Automerge.init(ADA), 3))
    const bytes = Uint8Array.from([0x43, 0, 0, 0, 1, ...lebBytes(document.length), ...document])
    expect(read(bytes)).toEqual({ ok: false, reason: expect.stringContaining('a whole document') })
  })

  it('takes apart the changes that a message of the second version strings together', () => {
    const changes = Automerge.getAllChanges(edited(Automerge.init(ADA), 3))
    const piece = Buffer.concat(changes)
    const bytes = Uint8Array.from([0x43, 0, 0, 0, 1, ...lebBytes(piece.length), ...piece])
    expect(mustRead(bytes).changes.map((change) => [...change])).toEqual(changes.map((change) => [...change]))
  })

  it('W6: a Bloom filter with a forged probe count is refused: it is paid for by the reader', () => {
    const filter = [...lebBytes(1), ...lebBytes(10), ...lebBytes(4_000_000_000), 0, 0]
    const bytes = Uint8Array.from([0x42, 0, 0, 1, 0, ...lebBytes(filter.length), ...filter, 0])
    expect(read(bytes)).toEqual({ ok: false, reason: expect.stringContaining('Bloom') })
  })

  it.each([
    ['entries that it has no bits for', [5, 10, 7, 0]],
    ['bits beyond its entries', [1, 10, 7, 0, 0, 0]],
    ['another number of bits per entry', [1, 16, 7, 0, 0]],
    ['no entries', [0, 10, 7]],
  ])('W6: a Bloom filter with %s is refused', (_name, filter) => {
    const bytes = Uint8Array.from([0x42, 0, 0, 1, 0, filter.length, ...filter, 0])
    expect(read(bytes)).toEqual({ ok: false, reason: expect.stringContaining('Bloom') })
  })

  it.each([
    ['another type', [0x41, 0, 0, 0, 0]],
    ['heads that are cut short', [0x42, 1, 1, 2, 3]],
    ['more heads than allowed', [0x42, ...lebBytes(1_001)]],
    ['more changes than allowed', [0x42, 0, 0, 0, ...lebBytes(5_001)]],
    ['more than one description of what the sender has', [0x42, 0, 0, 2, 0, 0, 0, 0, 0]],
    ['a change longer than the message', [0x42, 0, 0, 0, 1, ...lebBytes(2 ** 40)]],
    ['a count that is longer than need be', [0x42, 0x80, 0, 0, 0, 0]],
    ['bytes behind the flags', [0x42, 0, 0, 0, 0, 1, 2, 9]],
    ['endless flags', [0x42, 0, 0, 0, 0, 17, ...new Array<number>(17).fill(0x80)]],
    ['nothing in it', []],
  ])('W6: a message with %s is refused', (_name, bytes) => {
    expect(read(Uint8Array.from(bytes)).ok).toBe(false)
  })

  it('W6: a message that is too large is refused before it is read', () => {
    const limits = { ...defaultSyncLimits, messageBytesMax: 10 }
    expect(readSyncMessage(new Uint8Array(11), limits).ok).toBe(false)
  })

  it('answers any bytes without throwing, and hands the library only what it can read', () => {
    const valid = Uint8Array.from([
      0x42,
      1,
      ...HASH,
      1,
      ...HASH,
      1,
      1,
      ...HASH,
      5,
      1,
      10,
      7,
      3,
      4,
      1,
      2,
      9,
      9,
      1,
      2,
    ])
    const flips = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      flips.map((changes) => changes.reduce((mutant, [at, byte]) => mutant.with(at, byte), valid)),
    )
    fc.assert(
      fc.property(bytes, (message) => {
        const result = read(message)
        if (!result.ok) return
        const { heads, need, have } = result.message
        const decoded = Automerge.decodeSyncMessage(result.message.withoutChanges)
        expect(decoded).toMatchObject({ heads, need, have, changes: [] })
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('withNeed', () => {
  it('asks for what it is told, and keeps heads and changes', () => {
    const [, message] = Automerge.generateSyncMessage(
      edited(Automerge.init(ADA), 3),
      Automerge.initSyncState(),
    )
    const need = ['ab'.repeat(32), 'cd'.repeat(32)]
    const before = Automerge.decodeSyncMessage(message ?? new Uint8Array())
    const after = Automerge.decodeSyncMessage(withNeed(message ?? new Uint8Array(), need))
    expect(after).toMatchObject({ heads: before.heads, need, have: [], changes: before.changes })
  })

  it('throws for what the library cannot have written', () => {
    expect(() => withNeed(Uint8Array.of(1, 2, 3), [])).toThrow(RangeError)
  })
})

describe('withoutCapabilities', () => {
  it('throws for what the library cannot have written', () => {
    expect(() => withoutCapabilities(Uint8Array.of(1, 2, 3))).toThrow(RangeError)
  })

  const empty = (actor: string): Doc => Automerge.init(actor)
  const shared = edited(empty(ADA), 3)
  const cases: [name: string, client: Doc, server: Doc][] = [
    ['an empty client', empty(ADA), edited(empty(BOB), 4)],
    ['an empty server', edited(empty(ADA), 4), empty(BOB)],
    [
      'two sides that have diverged',
      edited(Automerge.clone(shared, { actor: 'cc'.repeat(16) }), 5, 'client'),
      edited(Automerge.clone(shared, { actor: BOB }), 5, 'server'),
    ],
    ['strangers', edited(empty(ADA), 5, 'client'), edited(empty(BOB), 5, 'server')],
    ['a client with 500 changes', edited(empty(ADA), 500), empty(BOB)],
    ['a server with 500 changes', empty(ADA), edited(empty(BOB), 500)],
    ['500 changes on either side', edited(empty(ADA), 500, 'client'), edited(empty(BOB), 500, 'server')],
  ]
  it.each(cases)(
    'W6: %s: both sides agree, and no whole document reaches the server',
    (_name, client, server) => {
      const after = synchronise(Automerge.clone(client), Automerge.clone(server))
      expect(Automerge.getHeads(after.client)).toEqual(Automerge.getHeads(after.server))
      expect(Automerge.toJS(after.client)).toEqual(Automerge.toJS(after.server))
      expect(Automerge.toJS(after.server)).toEqual(
        Automerge.toJS(Automerge.merge(Automerge.clone(client), server)),
      )
      // The client has been told what the server has: its changes have arrived.
      expect(after.clientState.theirHeads).toEqual(Automerge.getHeads(after.server))
    },
  )

  it('with its flags left in, a server is sent whole documents', () => {
    expect(() => synchronise(edited(empty(ADA), 4), empty(BOB), (message) => message)).toThrow(
      'a whole document',
    )
  })
})
