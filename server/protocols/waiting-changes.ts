/**
 * The changes of one document of one socket, and those among them that came before what they build on. They are read
 * once, when they come, and handed out once, when all that they wait for is there: to plan them, or to look at them
 * all, with every message would let a client keep the server busy for as long as he likes with what never comes (W6).
 */
import { readChangeChunk } from '../gate/automerge-chunk.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import type { RecordState } from '../plan/record-state.ts'

/** What is asked of the record. */
export interface KnownChanges {
  has(hash: string): boolean
  /** Counts up with what the record has. */
  readonly version: number
  /** Highest operation counter of the record. */
  readonly lastOp: number
  /** Changes that the record lacks, and gets before whatever is submitted: its schema has a new container (R2). */
  readonly coming: readonly string[]
}

export function knownOf(document: RecordState | undefined): KnownChanges {
  if (document === undefined) return NOTHING_KNOWN
  const { doc, genesis, graph, version } = document
  return {
    has: (hash) => graph.has(hash),
    version,
    lastOp: Math.max(0, ...doc.heads.map((head) => graph.maxOp(head))),
    coming: genesis.lacking(graph).map(({ hash }) => hash),
  }
}

const NOTHING_KNOWN: KnownChanges = { has: () => false, version: 0, lastOp: 0, coming: [] }

/** A change as it was received, and what it waits for. */
interface Waiting {
  readonly bytes: Uint8Array
  readonly deps: readonly string[]
  readonly startOp: number
}

/** A Bloom filter is wrong once in a hundred times: of a client's thousands of changes a few dozen are missing. */
const MISSING_MAX = 128

export class WaitingChanges {
  readonly #limits: AutomergeLimits
  /** By hash. */
  readonly #changes = new Map<string, Waiting>()
  /** Those that nobody has looked at yet. */
  readonly #fresh: string[] = []
  /** Version of the record by which the others are known to wait. */
  #lookedAt: number | null = null
  #bytes = 0

  constructor(limits: AutomergeLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @returns false for one that cannot be read. */
  add(change: Uint8Array): boolean {
    const hash = this.#keep(change)
    if (hash !== null) this.#fresh.push(hash)
    return hash !== null
  }

  /** Takes back what was ready and found to lack something still. */
  putBack(change: Uint8Array): void {
    this.#keep(change)
  }

  get count(): number {
    return this.#changes.size
  }

  /** Takes out those that wait for nothing but each other and what the record has. */
  takeReady(known: KnownChanges): readonly Uint8Array[] {
    const fresh = this.#fresh.splice(0)
    const candidates = known.version === this.#lookedAt ? fresh : [...this.#changes.keys()]
    this.#lookedAt = known.version
    const coming = new Set(known.coming)
    const ready = new Set<string>()
    const isNew = (hash: string): boolean => ready.has(hash) || coming.has(hash)
    const waiting = new Map<string, string[]>()
    const look = (hash: string): void => {
      const change = this.#changes.get(hash)
      if (change === undefined || ready.has(hash)) return
      const dep = change.deps.find((one) => !known.has(one) && !isNew(one))
      if (dep !== undefined) push(waiting, dep, hash)
      else if (isNumberedInTime(change, known, isNew)) settle(hash)
    }
    const settled: string[] = []
    const settle = (hash: string): void => {
      ready.add(hash)
      settled.push(hash)
    }
    for (const hash of candidates) look(hash)
    for (const hash of settled) for (const follower of waiting.get(hash) ?? []) look(follower)
    return settled.flatMap((hash) => this.#take(hash) ?? [])
  }

  /** Some of the hashes that they build on and that are neither known nor among them: as many as to ask for at once. */
  missing(known: Pick<KnownChanges, 'has'>): readonly string[] {
    const missing = new Set<string>()
    for (const { deps } of this.#changes.values())
      for (const dep of deps) {
        if (missing.size === MISSING_MAX) return [...missing]
        if (!known.has(dep) && !this.#changes.has(dep)) missing.add(dep)
      }
    return [...missing]
  }

  #keep(change: Uint8Array): string | null {
    const read = readChangeChunk(change, this.#limits)
    if (!read.ok) return null
    const { hash, deps, startOp } = read.chunk
    if (this.#changes.has(hash)) return hash
    // A copy: what was received is part of a message.
    this.#changes.set(hash, { bytes: change.slice(), deps, startOp })
    this.#bytes += change.byteLength
    return hash
  }

  #take(hash: string): Uint8Array | undefined {
    const change = this.#changes.get(hash)
    this.#changes.delete(hash)
    this.#bytes -= change?.bytes.byteLength ?? 0
    return change?.bytes
  }
}

/** An author who knew more than he builds on has numbered his operations after all of it. */
const isNumberedInTime = (
  { deps, startOp }: Waiting,
  known: KnownChanges,
  isNew: (hash: string) => boolean,
): boolean => startOp <= known.lastOp + 1 || deps.some(isNew)

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
