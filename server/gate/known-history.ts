/** What the gate asks of a record: the changes that it has accepted so far. */
import type { DecodedChange } from '@automerge/automerge'

export interface KnownHistory {
  hasChange(hash: string): boolean
  /** Counter of the last operation of a known change (startOp + ops - 1, never below startOp - 1). */
  maxOp(hash: string): number
  /** Highest operation counter of all known changes; 0 for an empty record. */
  lastOp(): number
  /** Highest seq accepted from this actor; 0 for a new one. */
  lastSeq(actor: string): number
  /** Hash of the actor's change with that seq. */
  hashOf(actor: string, seq: number): string | undefined
  /** Whether the known change `hash` is `actor:seq` itself or has seen it. */
  sees(hash: string, actor: string, seq: number): boolean
  /**
   * The known change that holds the operation `counter@actor`. Within a batch it is asked once for each
   * change that the batch refers to, not once for each operation.
   */
  changeWithOp(counter: number, actor: string): DecodedChange | undefined
  /**
   * An operation whose value is in force, or was so until lately, and its change, where that is known without decoding it.
   * @param at where an operation of the batch expects it.
   */
  opAtHand?(opId: string, at: Pick<DecodedOp, 'obj' | 'key'>): KnownOp | undefined
}

/** An operation, and which change it is of. */
export interface KnownOp {
  readonly op: Pick<DecodedOp, 'action' | 'obj' | 'key' | 'elemId' | 'insert' | 'datatype'>
  readonly change: Pick<DecodedChange, 'hash' | 'actor' | 'seq'>
}

/** One operation of a `DecodedChange`, with the members that the library's own type leaves out. */
export interface DecodedOp {
  readonly action: string
  readonly obj: string
  /** For an operation in a map; otherwise `elemId`. */
  readonly key?: string
  readonly elemId?: string
  readonly insert?: boolean
  readonly value?: unknown
  readonly datatype?: string
  readonly pred: readonly string[]
}

export const opsOf = (change: DecodedChange): readonly DecodedOp[] => change.ops

/** Splits an operation's id, `counter@actor`. */
export function parseOpId(opId: string): { readonly counter: number; readonly actor: string } {
  const at = opId.indexOf('@')
  return { counter: Number(opId.slice(0, at)), actor: opId.slice(at + 1) }
}
