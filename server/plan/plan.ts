/**
 * A plan: a pure value that says everything one commit will write (W2, W3). The planner makes it, a storage
 * driver executes it, and nothing else writes.
 */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { JsonObject } from '../../shared/json.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { TableWrite } from '../projection/table-layout.ts'

/** A record has two histories that advance on their own: Automerge fields and Yjs text. */
export type Lane = 'fields' | 'text'

/**
 * `refusal`: what an author asked for and could not have. `inbox`: a step in the life of a conflict that writes
 * no value. `erasure`: the stub that stands for what was erased (E2). These are JSON.
 */
export type JournalKind =
  | 'genesis'
  | 'change'
  | 'settle'
  | 'resolution'
  | 'undo'
  | 'update'
  | 'refusal'
  | 'inbox'
  | 'erasure'

export interface JournalEntry {
  readonly kind: JournalKind
  /** An Automerge change, a Yjs update (V1), or JSON. */
  readonly bytes: Uint8Array
  /** Hash of the Automerge change; null for text and JSON. */
  readonly hash: string | null
  /** Fields of the change whose writes break a rule, and why: said once, and not asked again in a replay. */
  readonly rejected?: Readonly<Record<string, Violation>>
  readonly origin: Origin
}

/** A journal entry with what the journal adds to it. */
export interface ChainedEntry extends JournalEntry {
  /** Digest of the collection's definition that the entry was planned under (S8); null for text. */
  readonly schema: string | null
  /** Digest of the entry and of all before it in its lane (S7). */
  readonly chain: string
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
  /** The same for the same event, however often it is planned: a receiver can tell a repetition. */
  readonly id: string
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
  /** `{ collection, id, outcomes, wrote }`: the record, what became of each field, and the hashes of the changes. */
  readonly body: JsonObject
}

export interface Plan {
  readonly key: RecordKey
  readonly documentId: string
  readonly lane: Lane
  /** Number of journal entries of this lane that the plan was made on (W3). */
  readonly expectedVersion: number
  readonly journal: readonly ChainedEntry[]
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
