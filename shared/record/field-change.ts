/** One line of the change log: what became of one field write. */
import type { ErrorCode } from '../errors/error-table.ts'
import type { Json } from '../json.ts'
import type { Origin } from './origin.ts'

/**
 * `applied`: in force. `merged`: in force beside a concurrent write. `superseded`: a concurrent write won.
 * `held`: waits for a person. `rejected`: broke a rule and was undone, or never entered. `pending`: a decision
 * that waits for another person's approval.
 */
export type FieldOutcome = 'applied' | 'merged' | 'superseded' | 'held' | 'rejected' | 'pending'

/** `edit` is within a set, list or map; whatever replaces one as a whole is `set`. */
export type FieldOperation = 'set' | 'delete' | 'increment' | 'edit'

export interface FieldChange {
  readonly field: string
  readonly operation: FieldOperation
  /**
   * The value in force before the change; null when there was none. Of a superseded write, what it wrote; of an edit
   * within a set, list or map, what that took out of it (`FieldEdit`).
   */
  readonly oldValue: Json
  /** What was written; of a superseded write, what is in force instead; of an increment the amount, of an edit what it put in. */
  readonly newValue: Json
  readonly outcome: FieldOutcome
  /** Why, in a few words, when the outcome is not plain. */
  readonly reason: string | null
  /** Which rule a rejected write breaks. */
  readonly code: ErrorCode | null
  readonly conflictId: string | null
  /** Hash of the Automerge change that wrote it; empty when nothing was written. */
  readonly changeHash: string
  readonly origin: Origin
}
