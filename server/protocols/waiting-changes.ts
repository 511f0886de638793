/**
 * Changes of one document of one socket that came before what they build on. They are read once, when they come, and
 * handed out once, when all that they wait for is there: to vet them all again with every message would let a client
 * keep the server busy for as long as he likes with what never comes (W6).
 */
import type { ChangeChunk } from '../gate/automerge-chunk.ts'
import { readChangeChunk } from '../gate/automerge-chunk.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import type { RecordState } from '../plan/record-state.ts'

/** What is asked of the record. */
export interface KnownChanges {
  has(hash: string): boolean
  /** Highest operation counter of the record. */
  readonly lastOp: number
}

export const knownOf = (document: RecordState | undefined): KnownChanges => ({
  has: (hash) => document?.graph.has(hash) === true,
  lastOp:
    document === undefined ? 0 : Math.max(0, ...document.doc.heads.map((head) => document.graph.maxOp(head))),
})

/** A Bloom filter is wrong once in a hundred times: of a client's thousands of changes a few dozen are missing. */
const MISSING_MAX = 128

export class WaitingChanges {
  readonly #limits: AutomergeLimits
  /** By hash. */
  readonly #chunks = new Map<string, ChangeChunk>()
  #bytes = 0

  constructor(limits: AutomergeLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  add(change: Uint8Array): void {
    const read = readChangeChunk(change, this.#limits)
    if (!read.ok || this.#chunks.has(read.chunk.hash)) return
    this.#chunks.set(read.chunk.hash, read.chunk)
    this.#bytes += read.chunk.bytes.byteLength
  }

  get count(): number {
    return this.#chunks.size
  }

  /** Takes out those that wait for nothing but each other and what the record has. */
  takeReady(known: KnownChanges): readonly Uint8Array[] {
    const ready = new Set<string>()
    const waiting = new Map<string, string[]>()
    const look = (hash: string): void => {
      const chunk = this.#chunks.get(hash)
      if (chunk === undefined || ready.has(hash)) return
      const dep = chunk.deps.find((one) => !known.has(one) && !ready.has(one))
      if (dep !== undefined) push(waiting, dep, hash)
      else if (isNumberedInTime(chunk, known, ready)) settle(hash)
    }
    const settled: string[] = []
    const settle = (hash: string): void => {
      ready.add(hash)
      settled.push(hash)
    }
    for (const hash of this.#chunks.keys()) look(hash)
    for (const hash of settled) for (const follower of waiting.get(hash) ?? []) look(follower)
    return settled.flatMap((hash) => this.#take(hash) ?? [])
  }

  /** Some of the hashes that they build on and that are neither known nor among them: as many as to ask for at once. */
  missing(known: Pick<KnownChanges, 'has'>): readonly string[] {
    const missing = new Set<string>()
    for (const { deps } of this.#chunks.values())
      for (const dep of deps) {
        if (missing.size === MISSING_MAX) return [...missing]
        if (!known.has(dep) && !this.#chunks.has(dep)) missing.add(dep)
      }
    return [...missing]
  }

  #take(hash: string): Uint8Array | undefined {
    const chunk = this.#chunks.get(hash)
    this.#chunks.delete(hash)
    this.#bytes -= chunk?.bytes.byteLength ?? 0
    return chunk?.bytes
  }
}

/** An author who knew more than he builds on has numbered his operations after all of it. */
const isNumberedInTime = (chunk: ChangeChunk, known: KnownChanges, ready: ReadonlySet<string>): boolean =>
  chunk.startOp <= known.lastOp + 1 || chunk.deps.some((dep) => ready.has(dep))

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
