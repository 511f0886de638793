/** What a door may ask of a record's fields, and what it is answered once the commit is durable. */
import type { DecodedChange } from '@automerge/automerge'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { InboxStep } from '../../shared/conflicts/inbox-transitions.ts'
import type { ErrorCode, SluiceError } from '../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../shared/json.ts'
import type { FieldOperation, FieldOutcome } from '../../shared/record/field-change.ts'
import type { FieldOp, WriteIntent } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { KeptAnswer } from './plan.ts'

/** What a command keeps, so that it is carried out once. */
export type Keep = Pick<KeptAnswer, 'tenant' | 'subject' | 'key' | 'request' | 'status'>

/** A field write that its door found it cannot ask for: kept in the change log (P14). */
export interface RejectedWrite {
  readonly field: string
  readonly operation: FieldOperation
  readonly value: Json
  readonly code: ErrorCode
  readonly reason: string
}

export type RecordCommand =
  /** Makes sure that the record exists, because somebody opens its text (R6). */
  | { readonly type: 'ensure'; readonly origin: Origin }
  /** A semantic change (W7). */
  | {
      readonly type: 'write'
      readonly intent: WriteIntent
      readonly ops: readonly FieldOp[]
      /** Heads that the author saw; null for the current ones. */
      readonly saw: readonly string[] | null
      /**
       * Keys under which the answers to the author's own earlier writes are kept: he has seen those that are there, and
       * `saw` may be empty then, or if he has seen nothing of the record (W7).
       */
      readonly after?: readonly string[]
      /** Refuse a stale write whole, instead of merging it. */
      readonly strict: boolean
      /** Business rules have been asked already, and fields that the schema does not have are kept. */
      readonly isChecked?: boolean
      readonly origin: Origin
      readonly keep: Keep | null
    }
  /** One operation of a client's upload queue: what of it can be done is done, the rest is logged (P14). */
  | {
      readonly type: 'upload'
      readonly op: 'PUT' | 'PATCH' | 'DELETE'
      readonly ops: readonly FieldOp[]
      /** What the client held in its columns before the operation, as far as it tells. */
      readonly before: Readonly<Record<string, Json>>
      readonly rejected: readonly RejectedWrite[]
      /** Heads that the author saw; null for the current ones. */
      readonly saw: readonly string[] | null
      readonly origin: Origin
      readonly keep: Keep | null
    }
  /** An operation that no record can take: it is logged, and waits in the inbox (P14). */
  | {
      readonly type: 'bury'
      readonly rejected: readonly RejectedWrite[]
      readonly origin: Origin
      readonly keep: Keep | null
    }
  /** Raw Automerge changes of one session; `mayCreate` if they name this record in their genesis (R1). */
  | {
      readonly type: 'changes'
      /** Of the document that they are of; left out for the main one. */
      readonly compartment?: string
      readonly changes: readonly Uint8Array[]
      /** Those among them that were decoded before, as large ones are. */
      readonly decoded?: readonly DecodedChange[]
      readonly mayCreate: boolean
      readonly origin: Origin
    }
  /** Decides a conflict, or proposes a decision if it takes more than one person (C5, C7). */
  | {
      readonly type: 'resolve'
      readonly conflictId: string
      /** `dismiss`: there is nothing to decide, and what is in force stays. */
      readonly decision: { readonly choose: string } | { readonly value: Json } | { readonly dismiss: true }
      readonly seen: readonly string[]
      readonly note: string | null
      readonly origin: Origin
    }
  | { readonly type: 'undo'; readonly conflictId: string; readonly origin: Origin }
  /** Agrees to a proposal; the last person that it takes carries it out. */
  | {
      readonly type: 'approve'
      readonly conflictId: string
      /** Id of the proposal that he has read. */
      readonly proposal: string
      readonly origin: Origin
    }
  | {
      readonly type: 'step'
      readonly conflictId: string
      readonly step: Extract<InboxStep, { type: 'assign' | 'comment' | 'withdraw' }>
      readonly origin: Origin
    }
  /** Writes what a dead letter ought to have written, and closes it. */
  | {
      readonly type: 'correct'
      readonly conflictId: string
      readonly ops: readonly FieldOp[]
      /** The values as they were given. */
      readonly values: JsonObject
      readonly note: string | null
      readonly origin: Origin
    }

export interface FieldResult {
  readonly outcome: FieldOutcome
  readonly reason: string | null
  readonly conflictId: string | null
  /** Why an uploaded write was rejected. */
  readonly code?: ErrorCode
  /** Worth a note, without being what the author asked for (E6, E7). */
  readonly isWarning?: boolean
}

export type RecordOutcome =
  | {
      readonly ok: true
      /** What became of each field that the command wrote. */
      readonly fields: Readonly<Record<string, FieldResult>>
      /** Hashes of the changes that the command has become, its author's alone. */
      readonly wrote: readonly string[]
      /** The conflict that a decision has changed. */
      readonly conflict: Conflict | null
      /** Raw changes that were not taken, and why; the others were. */
      readonly refused: readonly { readonly hash: string | null; readonly reason: string }[]
      /** Raw changes whose dependencies have not arrived yet. */
      readonly orphans: readonly Uint8Array[]
      /** Hashes of the changes that they wait for. */
      readonly missing: readonly string[]
      /** What a write with the same idempotency key was answered before; then nothing was written now. */
      readonly earlier: KeptAnswer | null
    }
  | { readonly ok: false; readonly error: SluiceError }
