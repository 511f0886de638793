/** A change as its place in history has it: who made it, and what it builds on. */

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
  /** When it was made, Unix milliseconds; that of the latest change that it has seen, if that is later. */
  readonly time: number
}

/** A change whose place is known. */
export interface PlacedChange extends ChangeNode {
  /** How many first dependencies lie between it and one whose clock is whole; 0 if its own is. */
  readonly steps: number
  /**
   * What it has seen of other actors: all of it if its clock is whole, or else what its first dependency has not seen,
   * so that a change costs the same however many have written. Its own actor counts up to `seq`.
   */
  readonly seen: Clock
}

/** One in so many along a line of first dependencies has a whole clock: so many are asked at most what they have seen. */
export const STEPS_MAX = 32

/** Of so many others a change may say itself all that it has seen: where few write, there is nothing to ask then. */
export const SMALL_CLOCK = 2

export const SEEN_NOTHING: Clock = new Map()

/** Changes whose place is known, each with all that it builds on. */
export interface Ancestry {
  readonly size: number
  has(hash: string): boolean
  find(hash: string): PlacedChange | undefined
  /** Highest seq known of an actor; 0 for one that has written nothing. */
  lastSeq(actor: string): number
  /** An actor's change with this seq. */
  ofActor(actor: string, seq: number): PlacedChange | undefined
  /** The change that holds the operation `counter@actor`. */
  withOp(counter: number, actor: string): PlacedChange | undefined
  /** Highest seq of an actor that a change has seen, itself included; undefined for one that is not here. */
  seqSeenBy(hash: string, actor: string): number | undefined
  /**
   * Raises a clock to what a change has seen, itself included.
   * @returns whether it is here.
   */
  raise(clock: Map<string, number>, hash: string): boolean
  /** Those behind the first `count`, in the order in which they were added. */
  after(count: number): Iterable<PlacedChange>
}

export function raise(clock: Map<string, number>, actor: string, seq: number): void {
  if ((clock.get(actor) ?? 0) < seq) clock.set(actor, seq)
}
