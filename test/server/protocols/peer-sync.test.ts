// The server's side of the sync protocol against clients of the real library.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SyncMessage } from '../../../server/gate/sync-message.ts'
import { defaultSyncLimits, encodeSyncMessage, readSyncMessage } from '../../../server/gate/sync-message.ts'
import { RecordDocument } from '../../../server/plan/record-document.ts'
import { PeerSync } from '../../../server/protocols/peer-sync.ts'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

/** A record as the server has it, which changes come to from outside. */
class Stored {
  doc = RecordDocument.empty()
  graph = new CausalGraph()

  /** @returns those that build on what a Bloom filter has held back. */
  take(changes: readonly Uint8Array[]): readonly Uint8Array[] {
    let waiting = changes
    for (let count = -1; count !== waiting.length; ) {
      count = waiting.length
      waiting = waiting.filter((bytes) => !this.#takeOne(bytes))
    }
    return waiting
  }

  #takeOne(bytes: Uint8Array): boolean {
    const decoded = Automerge.decodeChange(bytes)
    if (this.graph.has(decoded.hash)) return true
    if (!decoded.deps.every((dep) => this.graph.has(dep))) return false
    this.graph.add({ ...decoded, opCount: decoded.ops.length })
    this.doc = this.doc.with(bytes, decoded, new Set(['field0', 'field1', 'field2']))
    return true
  }
}

const read = (bytes: Uint8Array): SyncMessage => {
  const result = readSyncMessage(bytes, defaultSyncLimits)
  if (!result.ok) throw new Error(result.reason)
  return result.message
}

/** As a library writes it that says nothing of what it can. */
const withoutFlags = (bytes: Uint8Array): Uint8Array => {
  const { changes, ...rest } = read(bytes)
  return encodeSyncMessage({ version: 1, ...rest, chunks: changes })
}

const NONE_REFUSED: ReadonlySet<string> = new Set()

/** A client of the library, and what the server's side of its socket knows of it. */
class Peer {
  doc: Doc
  /** Of the client. */
  sync = Automerge.initSyncState()
  /** Changes that the server has sent, but for those in a whole document. */
  received = 0
  #server = new PeerSync()
  /** What he has brought and cannot be taken in yet. */
  #aside: readonly Uint8Array[] = []
  readonly #record: Stored
  /** A library that says nothing of what it can. */
  readonly #isOld: boolean

  constructor(record: Stored, doc: Doc, isOld = false) {
    this.#record = record
    this.doc = doc
    this.#isOld = isOld
  }

  edit(value: number): void {
    // Without a clock, so that a run that fails fails again.
    this.doc = Automerge.change(this.doc, { time: 0 }, (root) => {
      root[`field${value % 3}`] = value
    })
  }

  /** Begins anew. @param remembers the client has kept what both had, as a repo with a storage does. */
  reconnect(remembers: boolean): void {
    this.#server = new PeerSync()
    this.#aside = []
    const kept = Automerge.decodeSyncState(Automerge.encodeSyncState(this.sync))
    this.sync = remembers ? kept : Automerge.initSyncState()
  }

  /** Exchanges messages until neither side has more to say. @returns how many the server has sent. */
  exchange(): number {
    let told = 0
    for (let round = 0; round < 20; round++) {
      const hasSaid = this.say()
      const hasHeard = this.hear()
      if (hasHeard) told += 1
      else if (!hasSaid) return told
    }
    throw new Error('they never come to rest')
  }

  /** @returns false if the client has nothing to say. */
  say(): boolean {
    const [sync, message] = Automerge.generateSyncMessage(this.doc, this.sync)
    this.sync = sync
    if (message === null) return false
    const said = read(this.#isOld ? withoutFlags(message) : message)
    this.#server.take([said])
    this.#aside = this.#record.take([...this.#aside, ...said.changes])
    return true
  }

  /** @returns false if the server has nothing to say. */
  hear(): boolean {
    const missing = this.#missing
    const answer = this.#server.answer(this.#record, { isTaken: true, missing, refused: NONE_REFUSED })
    if (answer === null) return false
    const said = readSyncMessage(answer, defaultSyncLimits)
    if (said.ok) this.received += said.message.changes.length
    const [doc, sync] = Automerge.receiveSyncMessage(this.doc, this.sync, answer)
    this.doc = doc
    this.sync = sync
    return true
  }

  get #missing(): readonly string[] {
    const aside = this.#aside.map(Automerge.decodeChange)
    const isThere = (hash: string): boolean =>
      this.#record.graph.has(hash) || aside.some((change) => change.hash === hash)
    return aside.flatMap(({ deps }) => deps).filter((dep) => !isThere(dep))
  }
}

/** Hashes, and with them what Bloom filters are wrong about, follow from who writes. */
const actor = fc.nat(0xffff).map((number) => number.toString(16).padStart(4, '0'))
const edits = fc.array(fc.nat(2), { maxLength: 12 })

describe('a peer of the sync protocol', () => {
  it('has the same as the record once both are silent, whoever began and whatever came between', () => {
    fc.assert(
      fc.property(
        edits,
        fc.array(
          fc.record({
            peer: fc.nat(1),
            edits,
            next: fc.constantFrom('silence', 'exchange', 'say', 'hear', 'reconnect', 'begin anew'),
          }),
          { maxLength: 12 },
        ),
        fc.boolean(),
        fc.tuple(actor, actor),
        (before, steps, isOld, [first, second]) => {
          const record = new Stored()
          const author = new Peer(record, Automerge.init(`${first}aa`))
          for (const value of before) author.edit(value)
          author.exchange()
          const peers = [author, new Peer(record, Automerge.init(`${second}bb`), isOld)]
          for (const { peer: index, edits: values, next } of steps) {
            const peer = peers[index]
            for (const value of values) peer?.edit(value)
            if (next === 'exchange') peer?.exchange()
            if (next === 'say') peer?.say()
            if (next === 'hear') peer?.hear()
            if (next === 'reconnect') peer?.reconnect(true)
            if (next === 'begin anew') peer?.reconnect(false)
          }
          for (const peer of [...peers, ...peers]) peer.exchange()
          for (const { doc } of peers) expect(Automerge.getHeads(doc).sort()).toEqual([...record.doc.heads])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('may be of an older library, which says nothing of what it can', () => {
    const record = new Stored()
    const author = new Peer(record, Automerge.init('aa'))
    for (let n = 0; n < 5; n++) author.edit(n)
    author.exchange()
    const old = new Peer(record, Automerge.init('bb'), true)
    old.exchange()
    old.edit(6)
    author.edit(7)
    author.exchange()
    old.exchange()
    author.exchange()
    expect(old.doc).toEqual(author.doc)
  })

  it('is told once that its change has arrived, and the document is not made for it', () => {
    const record = new Stored()
    const peer = new Peer(record, Automerge.init('aa'))
    peer.edit(1)
    peer.exchange()
    record.doc = RecordDocument.asSaved(record.doc.save(), record.doc.live, record.doc.heads)
    for (let n = 0; n < 5; n++) {
      peer.edit(n + 3)
      expect(peer.exchange()).toBe(1)
    }
    expect(record.doc.isAwake).toBe(false)
  })

  it('S5: a newcomer is answered from what is stored, and the document is not made', () => {
    const record = new Stored()
    const author = new Peer(record, Automerge.init('aa'))
    for (let n = 0; n < 50; n++) author.edit(n)
    author.exchange()
    const stored = RecordDocument.asSaved(record.doc.save(), record.doc.live, record.doc.heads)
    const cold = new Stored()
    cold.doc = stored
    cold.graph = record.graph
    author.edit(50)
    const late = Automerge.getAllChanges(author.doc).slice(-1)
    cold.take(late)
    // Whatever its history, nobody looks through it: neither for him nor for those who have it all.
    cold.graph = new CausalGraph({ actors: [], blocks: [new Uint8Array(1)], changes: 51 })
    expect(() => cold.graph.has('0'.repeat(64))).toThrow(RangeError)
    const newcomer = new Peer(cold, Automerge.init('bb'))
    newcomer.exchange()
    expect(newcomer.doc).toEqual(author.doc)
    newcomer.reconnect(true)
    expect(newcomer.exchange()).toBe(1)
    newcomer.reconnect(false)
    expect(newcomer.exchange()).toBe(1)
    expect(newcomer.sync.theirHeads).toEqual([...cold.doc.heads])
    expect(cold.doc.isAwake).toBe(false)
  })

  it('is sent what others write, each change once, and the document is not made for it', () => {
    const record = new Stored()
    const peers = ['aa', 'bb', 'cc', 'dd'].map((name) => new Peer(record, Automerge.init(name)))
    peers[0]?.edit(0)
    for (const peer of peers) peer.exchange()
    for (let n = 0; n < 40; n++) peers[n % 4]?.edit(n)
    for (let n = 0; n < 8; n++) for (const peer of peers) peer.exchange()
    const [first] = peers
    for (const { doc } of peers) expect(doc).toEqual(first?.doc)
    for (const { received } of peers) expect(received).toBe(30)
    expect(record.doc.isAwake).toBe(false)
  })

  it('that goes on saying without waiting for answers is sent nothing back that it has said', () => {
    const record = new Stored()
    const busy = new Peer(record, Automerge.init('aa'))
    const other = new Peer(record, Automerge.init('bb'))
    busy.edit(0)
    for (const peer of [busy, other]) peer.exchange()
    for (let n = 0; n < 20; n++) {
      busy.edit(n)
      busy.say()
      other.edit(100 + n)
      other.exchange()
      if (n % 4 === 3) busy.hear()
    }
    busy.exchange()
    other.exchange()
    expect(busy.received).toBe(20)
    expect(busy.doc).toEqual(other.doc)
  })

  it('R5: has what the record has lost, and gives it back', () => {
    const record = new Stored()
    const peer = new Peer(record, Automerge.init('aa'))
    for (let n = 0; n < 10; n++) peer.edit(n)
    peer.exchange()
    const restored = new Stored()
    restored.take(Automerge.getAllChanges(peer.doc).slice(0, 4))
    const returned = new Peer(restored, peer.doc)
    returned.sync = Automerge.decodeSyncState(Automerge.encodeSyncState(peer.sync))
    returned.exchange()
    expect([...restored.doc.heads]).toEqual(Automerge.getHeads(peer.doc))
  })

  it('that has lost its copy gets it again on the same connection', () => {
    const record = new Stored()
    const peer = new Peer(record, Automerge.init('aa'))
    for (let n = 0; n < 10; n++) peer.edit(n)
    peer.exchange()
    const before = peer.doc
    peer.doc = Automerge.init()
    peer.sync = Automerge.initSyncState()
    peer.exchange()
    expect(peer.doc).toEqual(before)
  })

  it('that lacks thousands of changes gets them a thousand at a time', () => {
    const record = new Stored()
    const author = new Peer(record, Automerge.init('aa'))
    for (let n = 0; n < 2_500; n++) author.edit(n)
    author.exchange()
    const old = new Peer(record, Automerge.init('bb'), true)
    old.say()
    const received: number[] = []
    while (old.hear()) {
      received.push(old.received)
      old.say()
    }
    expect(received.slice(0, 3)).toEqual([1_000, 2_000, 2_500])
    expect(old.doc).toEqual(author.doc)
  })

  it('is not asked for ever for a change that was refused', () => {
    const record = new Stored()
    const server = new PeerSync()
    let doc = Automerge.change(Automerge.init<Record<string, unknown>>(), (root) => {
      root.field0 = 1
    })
    let sync = Automerge.initSyncState()
    const refused = new Set(Automerge.getHeads(doc))
    let answers = 0
    for (let round = 0; round < 10; round++) {
      const [next, message] = Automerge.generateSyncMessage(doc, sync)
      sync = next
      if (message !== null) server.take([read(message)])
      const answer = server.answer(record, { isTaken: true, missing: [], refused })
      if (answer !== null) {
        answers += 1
        ;[doc, sync] = Automerge.receiveSyncMessage(doc, sync, answer)
      }
      if (message === null && answer === null) break
    }
    expect(answers).toBeLessThanOrEqual(2)
  })

  const ADA = 'aa'.repeat(16)
  const BOB = 'bb'.repeat(16)
  const edited = (doc: Doc, count: number, key = 'field0'): Doc =>
    Array.from({ length: count }, (_, n) => n).reduce<Doc>(
      (before, n) =>
        Automerge.change(before, (root) => {
          root[key] = n
        }),
      doc,
    )
  const shared = edited(Automerge.init(ADA), 3)
  const cases: [name: string, client: Doc, server: Doc][] = [
    ['an empty client', Automerge.init(ADA), edited(Automerge.init(BOB), 4)],
    ['an empty server', edited(Automerge.init(ADA), 4), Automerge.init(BOB)],
    [
      'two sides that have diverged',
      edited(Automerge.clone(shared, { actor: 'cc'.repeat(16) }), 5, 'field1'),
      edited(Automerge.clone(shared, { actor: BOB }), 5, 'field2'),
    ],
    ['strangers', edited(Automerge.init(ADA), 5, 'field1'), edited(Automerge.init(BOB), 5, 'field2')],
    ['a client with 500 changes', edited(Automerge.init(ADA), 500), Automerge.init(BOB)],
    ['a server with 500 changes', Automerge.init(ADA), edited(Automerge.init(BOB), 500)],
    [
      '500 changes on either side',
      edited(Automerge.init(ADA), 500, 'field1'),
      edited(Automerge.init(BOB), 500, 'field2'),
    ],
  ]
  it.each(cases)('W6: %s: both agree, and no whole document reaches the server', (_name, client, server) => {
    for (const isOld of [false, true]) {
      const record = new Stored()
      record.take(Automerge.getAllChanges(server))
      const peer = new Peer(record, Automerge.clone(client), isOld)
      peer.exchange()
      expect(Automerge.getHeads(peer.doc)).toEqual([...record.doc.heads])
      expect(Automerge.toJS(peer.doc)).toEqual(
        Automerge.toJS(Automerge.merge(Automerge.clone(client), Automerge.clone(server))),
      )
      // It has been told what the server has: its changes have arrived.
      expect(peer.sync.theirHeads).toEqual([...record.doc.heads])
    }
  })
})
