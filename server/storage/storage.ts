/**
 * The storage port (S4). A driver is naive: it loads, executes plans and answers reads; it never merges and
 * never judges. The contract suite in `test/contract/` states what each method must do, for every driver.
 */

import type { Conflict, ConflictState } from '../../shared/conflicts/conflict.ts'
import type { Json, JsonObject } from '../../shared/json.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { RevocationStore } from '../auth/revocation.ts'
import type { Erasure } from '../plan/erasure.ts'
import type { ChainedEntry, CompartmentView, KeptAnswer, Lane, Plan, RecordView } from '../plan/plan.ts'
import type { ErasurePlan } from '../plan/plan-erasure.ts'
import type { SqlRow, TableWrite } from '../projection/table-layout.ts'
import type { AuditStorage } from './audit-storage.ts'
import type { FieldChangeFilter, StoredFieldChange } from './change-log.ts'
import type { CompactionStorage } from './compaction-storage.ts'
import type { InspectionStorage } from './inspection-storage.ts'
import type { SearchStorage } from './search-storage.ts'

export interface StoredLane {
  /** Number of journal entries that this lane has ever had; 0 for a record that has none. */
  readonly version: number
  /** With which the present epoch began (E2); null for the first one. */
  readonly erasure: Erasure | null
  /** The newest there is: what was kept to load from, or a compaction (S10). */
  readonly snapshot: { readonly version: number; readonly bytes: Uint8Array } | null
  /** Journal entries of the present epoch after the snapshot, oldest first. */
  readonly tail: readonly ChainedEntry[]
  /** Of the entry at `version`, also if the tail is empty; null for a lane without entries (S7). */
  readonly chain: string | null
  /** Author id → subject (R5), both lanes. */
  readonly bindings: ReadonlyMap<string, string>
  readonly createdAt: string | null
  /** The compartments beside the main one that the record has, in order. */
  readonly compartments: readonly string[]
}

/** The text lane as rooms and the projector need it: without who wrote what, which would take most of the time to read. */
export interface StoredTextLane
  extends Pick<StoredLane, 'version' | 'erasure' | 'snapshot' | 'chain' | 'bindings'> {
  /** Updates of the present epoch after the snapshot, oldest first. */
  readonly tail: readonly Uint8Array[]
  /** When the last of the tail was received; null if the tail is empty. */
  readonly receivedAt: string | null
}

/** One of a record's documents, as its id names it. */
export interface StoredDocument {
  readonly key: RecordKey
  readonly compartment: string
}

export type CommitResult =
  | { readonly status: 'committed' }
  /** The record has moved on since the plan was made: reload and plan again (W3). */
  | { readonly status: 'stale' }
  /** The store could not take it; nothing of the plan was written (W5). */
  | { readonly status: 'failed'; readonly reason: string; readonly fatal: boolean }

export interface StoredText {
  readonly plain: string
  /** The text's structure: an array of nodes, or of delta operations. */
  readonly structure: Json
}

export interface StoredRecord {
  readonly key: RecordKey
  readonly documentId: string
  /** Of its main document. */
  readonly heads: readonly string[]
  /** Its documents beside the main one, in order. */
  readonly compartments: readonly CompartmentView[]
  /** Text updates accepted, and how many of them the text columns show (S2). */
  readonly textVersion: number
  readonly projectedTextVersion: number
  readonly fields: JsonObject
  /** The same as JSON text: whoever only passes it on need not have it parsed. */
  readonly fieldsJson: string
  readonly disputed: Readonly<Record<string, { readonly conflictId: string; readonly challengers: number }>>
  /** Without the texts that were not projected yet. */
  readonly texts: Readonly<Record<string, StoredText>>
  readonly deleted: boolean
  /** It has been erased, and has not begun anew. */
  readonly erased: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

export type StoredFields = Omit<StoredRecord, 'texts'>

/** What the text projector writes for one record, in one transaction (S2). */
/** What a lane was at an entry of its journal: that is named by its chain, which no other entry ever has (S7). */
export interface LaneSnapshot {
  readonly lane: Lane
  readonly version: number
  readonly chain: string
  readonly bytes: Uint8Array
}

export interface TextProjection {
  readonly key: RecordKey
  /** The text version that `texts` shows. */
  readonly textVersion: number
  readonly texts: Readonly<Record<string, StoredText>>
  /** When the newest of those text updates was received, ISO 8601; the row's `updated_at` is never older. */
  readonly updatedAt: string
  /** The whole document as one update, to start the next load from; null to keep the old one. */
  readonly snapshot: Uint8Array | null
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page starts; null on the last one. */
  readonly next: string | null
}

export interface RecordOrder {
  readonly field: string
  readonly descending: boolean
}

export interface RecordFilter {
  readonly tenant: string
  readonly collection: string
  /** Field → value it must equal. Only scalar fields. */
  readonly where: Readonly<Record<string, string | number | boolean | null>>
  /**
   * By the value of a scalar field, then by id; records without a value come last. Left out: by id alone. A cursor
   * belongs to the order in which it was answered.
   */
  readonly order?: RecordOrder | undefined
  readonly cursor: string | null
  readonly limit: number
}

export interface StoredConflict {
  readonly conflict: Conflict
  readonly key: RecordKey
}

export interface ConflictFilter {
  readonly tenant: string
  readonly states: readonly ConflictState[] | null
  readonly collection: string | null
  readonly recordId: string | null
  /** Null: nobody has it. Left out: that does not matter. */
  readonly assignee?: string | null | undefined
  readonly field?: string | undefined
  readonly kind?: string | undefined
  /** Who wrote one of its sides. */
  readonly author?: string | undefined
  /** Text that the value of one of its sides holds, as JSON and in any case; letters beyond ASCII as they are. */
  readonly value?: string | undefined
  readonly cursor: string | null
  readonly limit: number
}

/** How many conflicts of a collection are in a state, of a kind, about these fields. */
export interface ConflictGroup extends Pick<Conflict, 'state' | 'kind' | 'fields'> {
  readonly collection: string
  readonly count: number
}

/** A record, or all of a collection. */
export interface RecordScope {
  readonly tenant: string
  readonly collection: string
  readonly id?: string
}

export interface ShownRecord {
  readonly key: RecordKey
  readonly view: RecordView
}

/** An erasure as the stub of the fields tells it. */
export interface StoredErasure {
  readonly key: RecordKey
  readonly erasure: Erasure
  readonly origin: Origin
  /** Journal entries that were taken away, of both lanes. */
  readonly entries: number
}

export interface ContributionFilter {
  readonly tenant: string
  readonly subject: string
  readonly cursor: string | null
  readonly limit: number
}

export interface Storage {
  /** A stable id of this store, announced to automerge-repo clients as the storage id. */
  readonly storageId: string
  /**
   * True when the projected tables are empty or half rebuilt (S3): the schema's tables have changed, or a
   * rebuild was cut short. They must be rebuilt before the server serves.
   */
  readonly projectionIsStale: boolean
  /**
   * Digest → definition, for every digest that an answered entry may name (S8). The running schema's own
   * collections are in it as they are, with their functions; earlier ones as data. Without those that
   * somebody has edited.
   */
  readonly schemas: ReadonlyMap<string, CollectionSpec>
  readonly audit: AuditStorage
  readonly compaction: CompactionStorage
  readonly inspection: InspectionStorage
  readonly search: SearchStorage
  readonly revocations: RevocationStore

  load(key: RecordKey, lane: Lane): Promise<StoredLane>
  loadText(key: RecordKey): Promise<StoredTextLane>
  findDocument(documentId: string): Promise<StoredDocument | null>
  commit(plan: Plan): Promise<CommitResult>
  /** Keeps what the lanes of a record's fields are loaded from. `stale` if a journal does not have the entry any more. */
  keepSnapshots(key: RecordKey, snapshots: readonly LaneSnapshot[]): Promise<CommitResult>
  commitText(projection: TextProjection): Promise<CommitResult>
  /**
   * Takes away everything that is stored of the record but its stubs, in one transaction, and then whatever the files
   * still hold of it in places that are no longer in use (E6). `stale` if either lane has moved on.
   */
  erase(plan: ErasurePlan): Promise<CommitResult>
  /** Whether the files may still hold what was erased: cleaning them has not succeeded yet, and is tried again. */
  erasureIsPending(): Promise<boolean>
  /** The document that had this id in an epoch that was erased. */
  findErased(documentId: string): Promise<StoredDocument | null>
  /** The newest first. */
  listErasures(tenant: string, cursor: string | null, limit: number): Promise<Page<StoredErasure>>
  /** Records that hold something of which the subject is the author, by collection and id. */
  listContributions(filter: ContributionFilter): Promise<Page<RecordKey>>

  /**
   * A mark of what `readRecord` and `listRecords` tell of it: reads between which it stays the same are answered
   * alike, and after a write has been answered there is another one. Null while a write is under way.
   */
  markOf(scope: RecordScope): number | null
  /** Deleted records too, with `deleted` true. */
  readRecord(key: RecordKey): Promise<StoredRecord | null>
  /** The same without its texts, which may be large: for whoever opens it. */
  readFields(key: RecordKey): Promise<StoredFields | null>
  /**
   * Records that are not deleted.
   * @throws RangeError for a collection or a column of `where` or `order` that the schema does not have.
   * @throws SluiceError `bad_request` for a cursor that this store did not make; so do the other lists.
   */
  listRecords(filter: RecordFilter): Promise<Page<StoredRecord>>
  readConflict(tenant: string, id: string): Promise<StoredConflict | null>
  /** Newest first, by when they opened. */
  listConflicts(filter: ConflictFilter): Promise<Page<StoredConflict>>
  /** Counts all conflicts that the filter lets pass. */
  groupConflicts(filter: Omit<ConflictFilter, 'cursor' | 'limit'>): Promise<readonly ConflictGroup[]>
  countConflicts(tenant: string, states: readonly ConflictState[]): Promise<number>
  /** The change log. Once a line can be read, no line with a lower position appears any more (S6). */
  listFieldChanges(filter: FieldChangeFilter): Promise<Page<StoredFieldChange>>
  /** The position of the tenant's newest line in the change log; 0 if it has none. */
  lastChangePosition(tenant: string): Promise<number>
  /**
   * Whether this position of the change log was told by a state of the store that is no more, because a backup
   * was restored: it lies behind the end, or among those that the restore has skipped.
   */
  isLostPosition(position: number): Promise<boolean>
  readAnswer(tenant: string, subject: string, key: string): Promise<KeptAnswer | null>
  /** Forgets so many answers that were kept before a time, the oldest first. @returns how many it has forgotten. */
  forgetAnswers(before: string, limit: number): Promise<number>
  /** Likewise events of the outbox. */
  forgetEvents(before: string, limit: number): Promise<number>

  /** Records whose text columns lag behind their journal, the one that waits longest first. */
  laggingTexts(limit: number): Promise<readonly RecordKey[]>
  /** All records, in a stable order, for rebuild and comparison (S3). */
  scanRecords(after: RecordKey | null, limit: number): Promise<readonly RecordKey[]>
  /**
   * The whole journal of the record's text, or of its fields: then of all of its documents, in the order in which
   * they were committed. From the first entry, stubs included (E2) and snapshots ignored.
   */
  scanJournal(key: RecordKey, lanes: 'fields' | 'text'): Promise<readonly ChainedEntry[]>
  /**
   * Drops every projected table and creates it anew, empty; marks every text as unprojected and the
   * projection as stale.
   */
  resetProjection(): Promise<void>
  /** Writes projected rows outside of a commit, while a rebuild runs, and what the record shows to its readers. */
  writeTables(writes: readonly TableWrite[], shown?: ShownRecord): Promise<void>
  /** The record's rows in its projected tables, by table. */
  tableRows(key: RecordKey): Promise<ReadonlyMap<string, readonly SqlRow[]>>
  /** How many rows each projected table has. */
  countRows(): Promise<ReadonlyMap<string, number>>
  /** Ends a rebuild: from now on, and after a restart, the projection counts as complete. */
  markProjectionFresh(): Promise<void>

  /** Finishes what was begun, then closes. Idempotent. */
  close(): Promise<void>
}
