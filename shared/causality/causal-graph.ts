/**
 * Who saw what: the ancestry of a record's changes as vector clocks (C1). A change has seen `actor:seq` if
 * and only if its clock covers it; two changes are concurrent if neither has seen the other. Ancestry is
 * decided here and nowhere else.
 *
 * Vector clocks: C. Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988;
 * F. Mattern, "Virtual time and global states of distributed systems", 1988.
 */

/** Highest seq seen per actor. */
export type Clock = ReadonlyMap<string, number>

export interface ChangeNode {
  readonly hash: string
  readonly actor: string
  /** Position among its actor's changes, from 1. */
  readonly seq: number
  /** Counter of its first operation. */
  readonly startOp: number
  readonly opCount: number
  readonly deps: readonly string[]
  /** When it was made, Unix milliseconds; `add` raises it to that of the latest change that it has seen. */
  readonly time: number
}

interface GraphNode extends ChangeNode {
  /**
   * What it has seen of other actors; its own actor counts up to `seq`. A chain of changes by one actor
   * shares one map, so that a long solitary history costs no clock per change.
   */
  readonly others: Clock
}

/**
 * Append-only. `fork` makes a graph that can grow on its own while the original stays as it was: the planner
 * works on a fork, and a plan that is not committed leaves no trace. Of several forks of one graph only one
 * may be carried on; `settled` folds it into its base.
 */
export class CausalGraph {
  #below: CausalGraph | (() => CausalGraph) | null
  readonly #sizeBelow: number
  readonly #nodes = new Map<string, GraphNode>()
  readonly #actors = new Map<string, string[]>()

  /**
   * @param base what it goes on from; a function is called when somebody asks for the first time.
   * @param size how many changes that function's graph has.
   */
  constructor(base: CausalGraph | (() => CausalGraph) | null = null, size = 0) {
    this.#below = base
    this.#sizeBelow = size
  }

  get #base(): CausalGraph | null {
    if (typeof this.#below === 'function') this.#below = this.#below()
    return this.#below
  }

  fork(): CausalGraph {
    return new CausalGraph(this.settled())
  }

  /** The same graph without a base of its own, made by moving this fork's growth into the base. */
  settled(): CausalGraph {
    if (this.#base === null) return this
    const base = this.#base.settled()
    for (const node of this.#nodes.values()) base.#insert(node)
    // What has moved is found in the base from now on.
    this.#nodes.clear()
    this.#actors.clear()
    return base
  }

  /** How many changes it has. */
  get size(): number {
    return this.#nodes.size + this.#baseSize
  }

  get #baseSize(): number {
    return typeof this.#below === 'function' ? this.#sizeBelow : (this.#below?.size ?? 0)
  }

  /** Changes that are held in memory: all of them, once somebody has asked. */
  get inMemory(): number {
    return this.#nodes.size + (typeof this.#below === 'function' ? 0 : (this.#below?.inMemory ?? 0))
  }

  has(hash: string): boolean {
    return this.#find(hash) !== undefined
  }

  node(hash: string): ChangeNode | undefined {
    return this.#find(hash)
  }

  /** Highest seq known of an actor; 0 for one that has written nothing. */
  lastSeq(actor: string): number {
    return (this.#actors.get(actor)?.length ?? 0) + (this.#base?.lastSeq(actor) ?? 0)
  }

  /** Highest seq known of each actor. */
  lastSeqs(): Clock {
    const seqs = new Map(this.#base?.lastSeqs())
    for (const [actor, hashes] of this.#actors) seqs.set(actor, (seqs.get(actor) ?? 0) + hashes.length)
    return seqs
  }

  /** Hash of an actor's change with this seq. */
  hashOf(actor: string, seq: number): string | undefined {
    const before = this.#base?.lastSeq(actor) ?? 0
    return seq <= before ? this.#base?.hashOf(actor, seq) : this.#actors.get(actor)?.[seq - before - 1]
  }

  /** Counter of the last operation of a known change. */
  maxOp(hash: string): number {
    const node = this.#find(hash)
    return node === undefined ? 0 : node.startOp + node.opCount - 1
  }

  /** The change that holds the operation `counter@actor`, if it is known. */
  changeWithOp(counter: number, actor: string): ChangeNode | undefined {
    let low = 1
    let high = this.lastSeq(actor)
    while (low <= high) {
      const middle = (low + high) >> 1
      const hash = this.hashOf(actor, middle)
      const node = hash === undefined ? undefined : this.#find(hash)
      if (node === undefined) return undefined
      if (counter < node.startOp) high = middle - 1
      else if (counter >= node.startOp + node.opCount) low = middle + 1
      else return node
    }
    return undefined
  }

  /**
   * Adds a change whose dependencies are all known.
   * @throws RangeError for an unknown dependency or a seq that does not follow the actor's last one: the gate
   * lets neither pass, so either is a defect of the caller.
   */
  add(change: ChangeNode): void {
    if (this.has(change.hash)) return
    if (change.seq !== this.lastSeq(change.actor) + 1)
      throw new RangeError(`change ${change.hash} has seq ${change.seq} after ${this.lastSeq(change.actor)}`)
    const { hash, actor, seq, startOp, opCount, deps } = change
    const time = Math.max(change.time, ...deps.map((dep) => this.#find(dep)?.time ?? 0))
    this.#insert({ hash, actor, seq, startOp, opCount, deps, time, others: this.#othersSeenBy(change) })
  }

  /** Whether the change `hash` is `actor:seq` itself or has seen it. */
  sees(hash: string, actor: string, seq: number): boolean {
    const node = this.#find(hash)
    if (node === undefined) throw new RangeError(`unknown change ${hash}`)
    return (node.actor === actor ? node.seq : (node.others.get(actor) ?? 0)) >= seq
  }

  /** Everything that is covered by a set of heads. */
  clockAt(heads: readonly string[]): Clock {
    const clock = new Map<string, number>()
    for (const head of heads) {
      const node = this.#find(head)
      if (node === undefined) throw new RangeError(`unknown change ${head}`)
      raise(clock, node.actor, node.seq)
      for (const [actor, seq] of node.others) raise(clock, actor, seq)
    }
    return clock
  }

  /** Heads of the history that both changes have seen: the newest point they have in common. */
  commonHeads(a: string, b: string): readonly string[] {
    const seenByB = this.clockAt([b])
    const shared: ChangeNode[] = []
    for (const [actor, seq] of this.clockAt([a])) {
      const common = Math.min(seq, seenByB.get(actor) ?? 0)
      const hash = this.hashOf(actor, common)
      const node = hash === undefined ? undefined : this.#find(hash)
      if (node !== undefined) shared.push(node)
    }
    return shared
      .filter(
        (node) => !shared.some((other) => other !== node && this.sees(other.hash, node.actor, node.seq)),
      )
      .map((node) => node.hash)
      .sort()
  }

  /**
   * The changes behind some heads that a clock does not cover, each after those that it builds on.
   * @throws RangeError for a head that is unknown.
   */
  since(heads: readonly string[], seen: Clock): readonly ChangeNode[] {
    const found: ChangeNode[] = []
    const done = new Set<string>()
    const isOpen = (hash: string): boolean => {
      const node = this.#find(hash)
      if (node === undefined) throw new RangeError(`unknown change ${hash}`)
      return !done.has(hash) && (seen.get(node.actor) ?? 0) < node.seq
    }
    const stack = heads.filter(isOpen)
    for (let hash = stack.at(-1); hash !== undefined; hash = stack.at(-1)) {
      const node = this.#find(hash)
      const before = node !== undefined && !done.has(hash) ? node.deps.filter(isOpen) : []
      if (before.length > 0) {
        stack.push(...before)
        continue
      }
      stack.pop()
      if (node === undefined || done.has(hash)) continue
      done.add(hash)
      found.push(node)
    }
    return found
  }

  /** All changes in the order in which they were added. */
  changes(): Iterable<ChangeNode> {
    return this.changesAfter(0)
  }

  /** Those behind the first `count`. What comes before them is not asked for. */
  *changesAfter(count: number): Iterable<ChangeNode> {
    const before = this.#baseSize
    if (count < before) yield* this.#base?.changesAfter(count) ?? []
    let left = count - before
    for (const node of this.#nodes.values())
      if (left > 0) left -= 1
      else yield node
  }

  #find(hash: string): GraphNode | undefined {
    const own = this.#nodes.get(hash)
    return own !== undefined || this.#base === null ? own : this.#base.#find(hash)
  }

  #insert(node: GraphNode): void {
    this.#nodes.set(node.hash, node)
    const hashes = this.#actors.get(node.actor)
    if (hashes === undefined) this.#actors.set(node.actor, [node.hash])
    else hashes.push(node.hash)
  }

  #othersSeenBy(change: ChangeNode): Clock {
    const [first] = change.deps
    const only = change.deps.length === 1 && first !== undefined ? this.#find(first) : undefined
    if (only !== undefined && only.actor === change.actor) return only.others
    const clock = new Map(this.clockAt(change.deps))
    clock.delete(change.actor)
    return clock
  }
}

function raise(clock: Map<string, number>, actor: string, seq: number): void {
  if ((clock.get(actor) ?? 0) < seq) clock.set(actor, seq)
}
