// The container of Automerge's sync messages, against what the real library writes.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lebBytes } from '../../../server/gate/byte-reader.ts'
import type { ReadSyncMessage, SyncMessage } from '../../../server/gate/sync-message.ts'
import { defaultSyncLimits, encodeSyncMessage, readSyncMessage } from '../../../server/gate/sync-message.ts'

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

/** As a library writes it that says nothing of what it can: it is sent plain changes. */
const withoutFlags = (bytes: Uint8Array): Uint8Array => {
  const { changes, ...rest } = Automerge.decodeSyncMessage(bytes)
  return encodeSyncMessage({ version: 1, ...rest, chunks: changes })
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
        [client, clientState] = Automerge.receiveSyncMessage(client, clientState, withoutFlags(answer))
    }
    expect(messages).toBeGreaterThanOrEqual(2)
  })

  it('hears from its flags whether the sender takes whole documents', () => {
    const [, message] = Automerge.generateSyncMessage(
      edited(Automerge.init(ADA), 1),
      Automerge.initSyncState(),
    )
    if (message === null) throw new Error('no message')
    expect(mustRead(message).takesDocuments).toBe(true)
    const { heads, need, have } = mustRead(message)
    const without = encodeSyncMessage({ version: 1, heads, need, have, chunks: [] })
    expect(mustRead(without).takesDocuments).toBe(false)
    expect(mustRead(Uint8Array.from([...without, 2, 0x01, 0x84])).takesDocuments).toBe(false)
    expect(mustRead(Uint8Array.from([...without, 2, 0x02, 0x84])).takesDocuments).toBe(true)
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

  it('answers any bytes without throwing, and what it has read the library reads as it does', () => {
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
        const written = encodeSyncMessage({ version: 1, heads, need, have, chunks: [] })
        expect(Automerge.decodeSyncMessage(written)).toMatchObject({ heads, need, have, changes: [] })
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('encodeSyncMessage', () => {
  const changes = Automerge.getAllChanges(edited(Automerge.init(ADA), 3))
  const said = { heads: ['ab'.repeat(32)], need: ['cd'.repeat(32), 'ef'.repeat(32)], have: [] }

  it('writes what the library reads, of either version', () => {
    for (const version of [1, 2] as const) {
      const bytes = encodeSyncMessage({ version, ...said, chunks: changes })
      expect(Automerge.decodeSyncMessage(bytes)).toMatchObject(said)
      expect(mustRead(bytes).changes.map((one) => [...one])).toEqual(changes.map((one) => [...one]))
      expect(Automerge.decodeSyncMessage(encodeSyncMessage({ version, ...said, chunks: [] }))).toMatchObject(
        said,
      )
    }
  })

  it('has no flags: a peer that sees none sends plain changes, and never a whole document', () => {
    const ask = encodeSyncMessage({
      version: 1,
      ...{ heads: [], need: [], have: [{ lastSync: [], bloom: new Uint8Array() }] },
      chunks: [],
    })
    const client = edited(Automerge.init(ADA), 4)
    const [heard, state] = Automerge.receiveSyncMessage(client, Automerge.initSyncState(), ask)
    const [, answer] = Automerge.generateSyncMessage(heard, state)
    expect(mustRead(answer ?? new Uint8Array()).changes).toHaveLength(4)
    // As the library says it, with its flags, it is sent a document.
    const [, flagged] = Automerge.generateSyncMessage(Automerge.init(BOB), Automerge.initSyncState())
    const [again, other] = Automerge.receiveSyncMessage(heard, Automerge.initSyncState(), flagged ?? ask)
    const [, whole] = Automerge.generateSyncMessage(again, other)
    expect(read(whole ?? new Uint8Array())).toEqual({
      ok: false,
      reason: expect.stringContaining('a whole document'),
    })
  })
})
