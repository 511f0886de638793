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
import { MAIN } from '../../shared/schema/compartments.ts'
import type { TableWrite } from '../projection/table-layout.ts'

/**
 * A record's histories, each of which advances on its own: its Automerge documents, the main one and one for each
 * other compartment, and its Yjs text.
 */
export type FieldsLane = 'fields' | `fields:${string}`
export type Lane = FieldsLane | 'text'

export const laneOf = (compartment: string): FieldsLane =>
  compartment === MAIN ? 'fields' : `fields:${compartment}`

/** The compartment whose lane it is; the main one for text. */
export const compartmentOfLane = (lane: Lane): string => lane.slice(LANE_PREFIX.length)

export const isLane = (text: string): text is Lane =>
  text === 'fields' || text === 'text' || (text.startsWith(LANE_PREFIX) && text.length > LANE_PREFIX.length)

const LANE_PREFIX = 'fields:'

/**
 * `refusal`: what an author asked for and could not have. `inbox`: a step in the life of a conflict that writes
 * no value. `erasure`: the stub that stands for what was erased (E2). These are JSON. `compaction`: the text that older
 * updates gave, in their place (S10); `compaction.ts` reads it.
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
  | 'compaction'

export interface JournalEntry {
  readonly kind: JournalKind
  /** An Automerge change, a Yjs update (V1), JSON, or what `packText` makes. */
  readonly bytes: Uint8Array
  /** Hash of the Automerge change, SHA-256 of a compaction's bytes; null for updates and JSON. */
  readonly hash: string | null
  /** Fields of the change whose writes break a rule, and why: said once, and not asked again in a replay. */
  readonly rejected?: Readonly<Record<string, Violation>>
  readonly origin: Origin
  /** Of the document that it belongs to; left out for the main one, and for text. */
  readonly compartment?: string
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
  /** The documents beside the main one, in their order; left out if there are none. */
  readonly compartments?: readonly CompartmentView[]
}

/** A document beside the main one, as its readers may know of it. */
export interface CompartmentView {
  readonly compartment: string
  readonly documentId: string
  readonly heads: readonly string[]
  /** Every field that has been written in it: it is for those who may read them all. */
  readonly fields: readonly string[]
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

/** What a plan writes to the lane of a compartment, beside its journal entries. */
export interface CompartmentPlan {
  readonly compartment: string
  readonly documentId: string
  /** Number of journal entries of its lane that the plan was made on (W3). */
  readonly expectedVersion: number
}

export interface Plan {
  readonly key: RecordKey
  readonly documentId: string
  /** `fields` also if the plan writes to other compartments. */
  readonly lane: 'fields' | 'text'
  /** Number of journal entries of this lane that the plan was made on (W3). */
  readonly expectedVersion: number
  /** Other compartments that the record has, or gets by this plan; with the main lane they are its version. */
  readonly compartments: readonly CompartmentPlan[]
  /** Of all lanes, in the order in which they were planned. */
  readonly journal: readonly ChainedEntry[]
  readonly bindings: readonly AuthorBinding[]
  /** The fields as readers see them after the commit; null when the lane is text. */
  readonly view: RecordView | null
  readonly tables: readonly TableWrite[]
  readonly fieldChanges: readonly FieldChange[]
  /** Conflicts that the commit opens or changes, whole. */
  readonly conflicts: readonly Conflict[]
  readonly outbox: readonly OutboxEvent[]
  readonly answers: readonly KeptAnswer[]
  /** When the commit was planned, ISO 8601. */
  readonly at: string
}

/**
 * A plan that writes nothing yet; the planners fill in what theirs writes. No object that is made for every write begins
 * with a spread and adds to it: in Node 20 each would get hidden classes of its own, some 0.5 µs and garbage in the old
 * space for every property.
 */
export const blankPlan = (
  target: Pick<Plan, 'key' | 'documentId' | 'lane' | 'expectedVersion' | 'at'>,
): Plan => ({
  compartments: [],
  journal: [],
  bindings: [],
  view: null,
  tables: [],
  fieldChanges: [],
  conflicts: [],
  outbox: [],
  answers: [],
  ...target,
})
