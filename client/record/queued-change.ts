/** A change that its author still has to do with: on its way to the server, or lost there. */
import type { FieldOp } from '../../shared/record/field-op.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { Change, ChangeResult, FieldAnswer, Refusal } from '../../shared/sync/messages.ts'
import type { ChangeStatus } from './change-status.ts'

export type QueuedChange = {
  readonly change: Change
  /** Counts up over all records of a client: the order in which changes were made, and are sent. */
  readonly order: number
} /** Never sent: it may still take in the next change to the same fields. */ & (
  | { readonly phase: 'waiting' }
  /** Sent at least once. From now on it stays as it is, so that repeating it is harmless. */
  | { readonly phase: 'sent' }
  /** Durable on the server. It is still shown, until a snapshot shows it. */
  | { readonly phase: 'answered'; readonly result: ChangeResult }
)

/** A change of which not everything is in force: kept until its author has looked at it. */
export interface LostChange {
  readonly change: Change
  readonly order: number
  readonly phase: 'lost'
  readonly status: ChangeStatus
  readonly fields: Readonly<Record<string, FieldAnswer>>
  /** Why nothing of it was written; null if the fields tell. */
  readonly refusal: Refusal | null
}

/** The operations of a change that are to be shown on top of a snapshot that does not show them. */
export function shownOps(queued: QueuedChange): readonly FieldOp[] {
  if (queued.phase !== 'answered') return queued.change.ops
  return queued.change.ops.filter(({ field }) => stands(queued.result, field))
}

/** Whether it deletes the record, or brings it to life, as far as its author is shown. */
export const shownIntent = (queued: QueuedChange): Change['intent'] | null =>
  queued.phase === 'answered' && !stands(queued.result, DELETED_KEY) ? null : queued.change.intent

/** A field of which the answer says nothing had nothing to write. */
function stands(result: ChangeResult, field: string): boolean {
  if (result.status === 'refused') return false
  const outcome = result.fields[field]?.outcome ?? 'applied'
  return outcome === 'applied' || outcome === 'merged'
}
