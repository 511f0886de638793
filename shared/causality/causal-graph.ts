/**
 * Who saw what: the ancestry of a record's changes as vector clocks (C1). A change has seen `actor:seq` if
 * and only if its clock covers it; two changes are concurrent if neither has seen the other. Ancestry is
 * decided here and nowhere else.
 *
 * Vector clocks: C. Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988;
 * F. Mattern, "Virtual time and global states of distributed systems", 1988.
 */
import type { PackedHistory } from './change-blocks.ts'
import { ChangeHistory } from './change-history.ts'
import { ChangeLayer } from './change-layer.ts'
import type { ChangeNode, Clock, PlacedChange } from './change-node.ts'
import { SEEN_NOTHING, SMALL_CLOCK, STEPS_MAX } from './change-node.ts'

/**
 * Append-only. `fork` makes a graph that can grow on its own while the original stays as it was: the planner
 * works on a fork, and a plan that is not committed leaves no trace. Of several forks of one graph only one
 * may be carried on: to fork it again, or to pack it, folds its growth into the history that they share.
 */
export class CausalGraph {
  readonly #history: ChangeHistory
  readonly #changes: ChangeLayer

  constructor(history: ChangeHistory | PackedHistory = new ChangeHistory()) {
    this.#history = history instanceof ChangeHistory ? history : new ChangeHistory(history)
    this.#changes = new ChangeLayer(this.#history.changes)
  }

  fork(): CausalGraph {
    this.#settle()
    return new CausalGraph(this.#history)
  }

  /** All of it as bytes. */
  packed(): PackedHistory {
    this.#settle()
    return this.#history.packed()
  }

  #settle(): void {
    for (const change of this.#changes.own.values()) this.#history.append(change)
    // What has moved is found there from now on.
    this.#changes.clear()
  }

  /** How many changes it has. */
  get size(): number {
    return this.#changes.size
  }

  /** Roughly what it takes in memory. */
  get bytes(): number {
    return this.#history.bytes
  }

  has(hash: string): boolean {
    return this.#changes.has(hash)
  }

  node(hash: string): ChangeNode | undefined {
    return this.#changes.find(hash)
  }

  /** Highest seq known of an actor; 0 for one that has written nothing. */
  lastSeq(actor: string): number {
    return this.#changes.lastSeq(actor)
  }

  /** Highest seq known of each actor. */
  lastSeqs(): Clock {
    const actors = [...this.#history.actors, ...this.#changes.actors]
    return new Map(actors.map((actor) => [actor, this.lastSeq(actor)]))
  }

  /** Hash of an actor's change with this seq. */
  hashOf(actor: string, seq: number): string | undefined {
    return this.#changes.ofActor(actor, seq)?.hash
  }

  /** Counter of the last operation of a known change. */
  maxOp(hash: string): number {
    const { startOp = 1, opCount = 0 } = this.#changes.find(hash) ?? {}
    return startOp + opCount - 1
  }

  /** The change that holds the operation `counter@actor`, if it is known. */
  changeWithOp(counter: number, actor: string): ChangeNode | undefined {
    return this.#changes.withOp(counter, actor)
  }

  /**
   * Adds a change whose dependencies are all known.
   * @throws RangeError for an unknown dependency or a seq that does not follow the actor's last one: the gate
   * lets neither pass, so either is a defect of the caller.
   */
  add(change: ChangeNode): void {
    const { hash, actor, seq, startOp, opCount, deps } = change
    const lastSeq = this.lastSeq(actor)
    if (seq <= lastSeq && this.hashOf(actor, seq) === hash) return
    if (seq !== lastSeq + 1) throw new RangeError(`change ${hash} has seq ${seq} after ${lastSeq}`)
    const before = deps.map((dep) => this.#known(dep))
    const time = before.reduce((latest, dep) => Math.max(latest, dep.time), change.time)
    const place = this.#placeBehind(actor, before)
    this.#changes.append({ hash, actor, seq, startOp, opCount, deps, time, ...place })
  }

  /** Whether the change `hash` is `actor:seq` itself or has seen it. */
  sees(hash: string, actor: string, seq: number): boolean {
    return this.#seqSeenBy(hash, actor) >= seq
  }

  /** Highest seq of an actor that is covered by a set of heads, without the clock of all others; 0 if none is. */
  seqAt(heads: readonly string[], actor: string): number {
    return heads.reduce((highest, head) => Math.max(highest, this.#seqSeenBy(head, actor)), 0)
  }

  /** Everything that is covered by a set of heads. */
  clockAt(heads: readonly string[]): Clock {
    const clock = new Map<string, number>()
    for (const head of heads)
      if (!this.#changes.raise(clock, head)) throw new RangeError(`unknown change ${head}`)
    return clock
  }

  /** Heads of the history that both changes have seen: the newest point they have in common. */
  commonHeads(a: string, b: string): readonly string[] {
    const seenByB = this.clockAt([b])
    const shared: ChangeNode[] = []
    for (const [actor, seq] of this.clockAt([a])) {
      const common = Math.min(seq, seenByB.get(actor) ?? 0)
      const node = this.#changes.ofActor(actor, common)
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
    const open = (hashes: readonly string[]): PlacedChange[] =>
      hashes
        .filter((hash) => !done.has(hash))
        .map((hash) => this.#known(hash))
        .filter(({ actor, seq }) => (seen.get(actor) ?? 0) < seq)
    /** Each twice: it is found when those that it builds on have been. */
    const stack = open(heads).map((node) => ({ node, isLast: false }))
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { node, isLast } = next
      if (done.has(node.hash)) continue
      if (isLast) {
        done.add(node.hash)
        found.push(node)
        continue
      }
      stack.push({ node, isLast: true })
      for (const dep of open(node.deps)) stack.push({ node: dep, isLast: false })
    }
    return found
  }

  /** All changes in the order in which they were added. */
  changes(): Iterable<ChangeNode> {
    return this.#changes.after(0)
  }

  #seqSeenBy(hash: string, actor: string): number {
    const seen = this.#changes.seqSeenBy(hash, actor)
    if (seen === undefined) throw new RangeError(`unknown change ${hash}`)
    return seen
  }

  #known(hash: string): PlacedChange {
    const change = this.#changes.find(hash)
    if (change === undefined) throw new RangeError(`unknown change ${hash}`)
    return change
  }

  /** What a change says itself that it has seen, if it builds on these. */
  #placeBehind(
    actor: string,
    [first, ...others]: readonly PlacedChange[],
  ): Pick<PlacedChange, 'steps' | 'seen'> {
    if (first === undefined) return { steps: 0, seen: SEEN_NOTHING }
    if (others.length === 0 && first.steps === 0 && first.seen.size <= SMALL_CLOCK)
      return { steps: 0, seen: first.actor === actor ? first.seen : clockBehind(first, actor) }
    const isWhole = first.steps + 1 >= STEPS_MAX
    if (!isWhole && others.length === 0) return { steps: first.steps + 1, seen: SEEN_NOTHING }
    const known = this.clockAt([first.hash])
    const seen = new Map(isWhole ? known : [])
    for (const [other, seq] of this.clockAt(others.map(({ hash }) => hash)))
      if ((known.get(other) ?? 0) < seq) seen.set(other, seq)
    seen.delete(actor)
    return { steps: isWhole ? 0 : first.steps + 1, seen }
  }
}

/** All that a change with a whole clock has seen of others than this actor, itself included. */
function clockBehind({ actor: author, seq, seen }: PlacedChange, actor: string): Clock {
  const clock = new Map(seen).set(author, seq)
  clock.delete(actor)
  return clock
}
