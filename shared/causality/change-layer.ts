/** Changes as objects, which have come to others that stay as they are. */
import type { Ancestry, PlacedChange } from './change-node.ts'
import { raise } from './change-node.ts'

export class ChangeLayer implements Ancestry {
  readonly #below: Ancestry
  readonly #changes = new Map<string, PlacedChange>()
  readonly #actors = new Map<string, PlacedChange[]>()

  constructor(below: Ancestry) {
    this.#below = below
  }

  get size(): number {
    return this.#changes.size + this.#below.size
  }

  /** Without what lies below. */
  get own(): ReadonlyMap<string, PlacedChange> {
    return this.#changes
  }

  /** Who has changes of his own here. */
  get actors(): Iterable<string> {
    return this.#actors.keys()
  }

  append(change: PlacedChange): void {
    this.#changes.set(change.hash, change)
    const before = this.#actors.get(change.actor)
    if (before === undefined) this.#actors.set(change.actor, [change])
    else before.push(change)
  }

  /** They lie below now. */
  clear(): void {
    this.#changes.clear()
    this.#actors.clear()
  }

  has(hash: string): boolean {
    return this.#changes.has(hash) || this.#below.has(hash)
  }

  find(hash: string): PlacedChange | undefined {
    return this.#changes.get(hash) ?? this.#below.find(hash)
  }

  lastSeq(actor: string): number {
    return this.#actors.get(actor)?.at(-1)?.seq ?? this.#below.lastSeq(actor)
  }

  ofActor(actor: string, seq: number): PlacedChange | undefined {
    const own = this.#actors.get(actor)
    const first = own?.[0]?.seq ?? Number.POSITIVE_INFINITY
    return seq >= first ? own?.[seq - first] : this.#below.ofActor(actor, seq)
  }

  withOp(counter: number, actor: string): PlacedChange | undefined {
    const own = this.#actors.get(actor) ?? []
    const [first] = own
    return first !== undefined && counter >= first.startOp
      ? changeWithOp(own, counter)
      : this.#below.withOp(counter, actor)
  }

  seqSeenBy(hash: string, actor: string): number | undefined {
    for (let at = hash; ; ) {
      const change = this.#changes.get(at)
      if (change === undefined) return this.#below.seqSeenBy(at, actor)
      if (change.actor === actor) return change.seq
      const seq = change.seen.get(actor)
      const [first] = change.deps
      if (seq !== undefined || change.steps === 0 || first === undefined) return seq ?? 0
      at = first
    }
  }

  raise(clock: Map<string, number>, hash: string): boolean {
    for (let at = hash; ; ) {
      const change = this.#changes.get(at)
      if (change === undefined) return this.#below.raise(clock, at)
      raise(clock, change.actor, change.seq)
      for (const [actor, seq] of change.seen) raise(clock, actor, seq)
      const [first] = change.deps
      if (change.steps === 0 || first === undefined) return true
      at = first
    }
  }

  *after(count: number): Iterable<PlacedChange> {
    yield* this.#below.after(count)
    let left = count - this.#below.size
    for (const change of this.#changes.values()) if (left-- <= 0) yield change
  }
}

/** Of changes of one actor, in the order of their seqs. */
function changeWithOp(changes: readonly PlacedChange[], counter: number): PlacedChange | undefined {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >> 1
    const { startOp = 0, opCount = 0 } = changes[middle] ?? {}
    if (counter >= startOp + opCount) low = middle + 1
    else high = middle
  }
  const found = changes[low]
  return found !== undefined && counter >= found.startOp ? found : undefined
}
