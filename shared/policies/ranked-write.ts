/** A write as policies look at it: what it says, where it came from, and where it stands in three orders. */
import type { Side } from '../conflicts/conflict.ts'

export interface RankedWrite {
  /** Automerge actor, and the Lamport counter of the operation that wrote the field. */
  readonly actor: string
  readonly op: number
  /**
   * When it was edited, Unix milliseconds: what its author claims, but never after its receipt, and never before
   * what he had seen (a hybrid logical clock: S. Kulkarni et al., "Logical Physical Clocks", 2014).
   */
  readonly time: number
  readonly side: Pick<Side, 'operation' | 'value' | 'author' | 'roles' | 'device' | 'door' | 'metadata'>
}
