/**
 * A plan: a pure value that says everything one commit will write (W2, W3). The planner makes it, a storage
 * driver executes it, and nothing else writes.
 */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { JsonObject } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { TableWrite } from '../projection/table-layout.ts'

/** A record has two histories that advance on their own: Automerge fields and Yjs text. */
export type Lane = 'fields' | 'text'

export type JournalKind = 'genesis' | 'change' | 'settle' | 'resolution' | 'undo' | 'update'

export interface JournalEntry {
  readonly kind: JournalKind
  /** An Automerge change, or a Yjs update (V1). */
  readonly bytes: Uint8Array
  /** Hash of the Automerge change; null for text. */
  readonly hash: string | null
  readonly origin: Origin
}

/** Ties an Automerge actor id or a Yjs client id to its subject, for good, within one record (R5). */
export interface AuthorBinding {
  readonly author: string
  readonly subject: string
}

/** What the record looks like to readers after the commit. */
export interface RecordView {
  readonly heads: readonly string[]
  readonly fields: JsonObject
  readonly disputed: Readonly<Record<string, { readonly conflictId: string; readonly challengers: number }>>
  readonly deleted: boolean
}

export interface OutboxEvent {
  readonly event: string
  readonly payload: JsonObject
}

/** The answer to a request that carried an Idempotency-Key, kept so that a retry gets it again. */
export interface KeptAnswer {
  readonly tenant: string
  readonly subject: string
  readonly key: string
  /** Digest of method, path and body: the same key with another request is an error. */
  readonly request: string
  readonly status: number
  /** `{ collection, id, outcomes }`: the record, and what became of each field that the request wrote. */
  readonly body: JsonObject
}

export interface Plan {
  readonly key: RecordKey
  readonly documentId: string
  readonly lane: Lane
  /** Number of journal entries of this lane that the plan was made on (W3). */
  readonly expectedVersion: number
  readonly journal: readonly JournalEntry[]
  readonly bindings: readonly AuthorBinding[]
  /** The fields as readers see them after the commit; null when the lane is text. */
  readonly view: RecordView | null
  readonly tables: readonly TableWrite[]
  readonly fieldChanges: readonly FieldChange[]
  /** Conflicts that the commit opens or changes, whole. */
  readonly conflicts: readonly Conflict[]
  readonly outbox: readonly OutboxEvent[]
  /** A snapshot of the lane as it is after this commit; null when the tail is still short. */
  readonly snapshot: Uint8Array | null
  readonly answers: readonly KeptAnswer[]
  /** When the commit was planned, ISO 8601. */
  readonly at: string
}

/** A plan that writes nothing yet; the planners fill in what theirs writes. */
export const blankPlan = (
  target: Pick<Plan, 'key' | 'documentId' | 'lane' | 'expectedVersion' | 'at'>,
): Plan => ({
  ...target,
  journal: [],
  bindings: [],
  view: null,
  tables: [],
  fieldChanges: [],
  conflicts: [],
  outbox: [],
  snapshot: null,
  answers: [],
})
