// The turns of the sync protocol that are taken without the library, against what the library makes of the same messages.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defaultSyncLimits,
  readSyncMessage,
  withNeed,
  withoutCapabilities,
} from '../../../server/gate/sync-message.ts'
import { RecordDocument } from '../../../server/plan/record-document.ts'
import { PeerSync } from '../../../server/protocols/peer-sync.ts'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

/** A record as the server has it, which changes come to from outside. */
class Stored {
  doc = RecordDocument.empty()
  graph = new CausalGraph()

  readonly #waiting = new Map<string, Uint8Array>()

  /** What builds on changes that a Bloom filter has held back waits for them. */
  take(changes: readonly Uint8Array[]): void {
    for (const bytes of changes) this.#waiting.set(Automerge.decodeChange(bytes).hash, bytes)
    for (let count = -1; count !== this.#waiting.size; ) {
      count = this.#waiting.size
      for (const [hash, bytes] of this.#waiting) {
        const decoded = Automerge.decodeChange(bytes)
        if (!decoded.deps.every((dep) => this.graph.has(dep))) continue
        this.#waiting.delete(hash)
        if (this.graph.has(hash)) continue
        this.graph.add({ ...decoded, opCount: decoded.ops.length })
        this.doc = this.doc.with(bytes, decoded, new Set(['field0', 'field1', 'field2']))
      }
    }
  }

  get missing(): readonly string[] {
    const deps = [...this.#waiting.values()].flatMap((bytes) => Automerge.decodeChange(bytes).deps)
    return deps.filter((dep) => !this.graph.has(dep) && !this.#waiting.has(dep))
  }
}

/** A client of the library, and what the server's side of its socket knows of it. */
class Peer {
  doc: Doc
  #sync = Automerge.initSyncState()
  readonly #server = new PeerSync()
  readonly #record: Stored
  /** A library that says nothing of what it can. */
  readonly #isOld: boolean

  constructor(record: Stored, doc: Doc, isOld = false) {
    this.#record = record
    this.doc = doc
    this.#isOld = isOld
  }

  edit(value: number): void {
    this.doc = Automerge.change(this.doc, (root) => {
      root[`field${value % 3}`] = value
    })
  }

  /** Exchanges messages until neither side has more to say. @returns how many the server has sent. */
  exchange(): number {
    let told = 0
    for (let round = 0; round < 20; round++) {
      const [sync, message] = Automerge.generateSyncMessage(this.doc, this.#sync)
      this.#sync = sync
      if (message !== null) this.#hear(this.#isOld ? withoutCapabilities(message) : message)
      const answer = this.#server.answer(this.#record, true)
      if (answer !== null) {
        told += 1
        this.#server.told(this.#record)
        const { missing } = this.#record
        const asked = missing.length === 0 ? answer : withNeed(answer, missing)
        const [doc, next] = Automerge.receiveSyncMessage(this.doc, this.#sync, withoutCapabilities(asked))
        this.doc = doc
        this.#sync = next
      } else if (message === null) return told
    }
    throw new Error('they never come to rest')
  }

  #hear(bytes: Uint8Array): void {
    const read = readSyncMessage(bytes, defaultSyncLimits)
    if (!read.ok) throw new Error(read.reason)
    this.#server.take([read.message])
    this.#record.take(read.message.changes)
  }
}

const edits = fc.array(fc.nat(2), { maxLength: 12 })

describe('a peer of the sync protocol', () => {
  it('has the same as the record once both are silent, whoever began and whatever came between', () => {
    fc.assert(
      fc.property(
        edits,
        fc.array(fc.record({ peer: fc.nat(1), edits, isHeard: fc.boolean() }), { maxLength: 8 }),
        fc.boolean(),
        (before, steps, isOld) => {
          const record = new Stored()
          const author = new Peer(record, Automerge.init())
          for (const value of before) author.edit(value)
          author.exchange()
          const peers = [author, new Peer(record, Automerge.init(), isOld)]
          for (const { peer, edits: values, isHeard } of steps) {
            for (const value of values) peers[peer]?.edit(value)
            if (isHeard) peers[peer]?.exchange()
          }
          for (const peer of [...peers, ...peers]) peer.exchange()
          for (const { doc } of peers) expect(Automerge.getHeads(doc).sort()).toEqual([...record.doc.heads])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('may be of an older library, which says nothing of what it can', () => {
    const record = new Stored()
    const author = new Peer(record, Automerge.init())
    for (let n = 0; n < 5; n++) author.edit(n)
    author.exchange()
    const old = new Peer(record, Automerge.init(), true)
    old.exchange()
    old.edit(6)
    author.edit(7)
    author.exchange()
    old.exchange()
    author.exchange()
    expect(old.doc).toEqual(author.doc)
  })

  it('is told once that its change has arrived, as by the library, without the library', () => {
    const record = new Stored()
    const peer = new Peer(record, Automerge.init())
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
    const author = new Peer(record, Automerge.init())
    for (let n = 0; n < 50; n++) author.edit(n)
    author.exchange()
    const stored = RecordDocument.asSaved(record.doc.save(), record.doc.live, record.doc.heads)
    const cold = new Stored()
    cold.doc = stored
    cold.graph = record.graph
    author.edit(50)
    const late = Automerge.getAllChanges(author.doc).slice(-1)
    cold.take(late)
    const newcomer = new Peer(cold, Automerge.init())
    newcomer.exchange()
    expect(newcomer.doc).toEqual(author.doc)
    expect(cold.doc.isAwake).toBe(false)
  })
})
