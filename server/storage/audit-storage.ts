/**
 * The part of the storage port that proves what the journal says: chains (S7), checkpoints over them, and the
 * schemas that entries were planned under (S8). A driver keeps and answers these; it computes none of them.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { ChainedEntry, Lane } from '../plan/plan.ts'
import type { CommitResult } from './storage.ts'

/** A collection's definition as `encodeCollection` gives it. */
export interface StoredSchema {
  readonly digest: string
  readonly collection: string
  readonly definition: string
}

/** A record as its row tells it. */
export interface AuditedRecord {
  readonly key: RecordKey
  readonly documentId: string
  /** Number of journal entries that each lane is said to have. */
  readonly versions: ReadonlyMap<Lane, number>
  /** By compartment, the ids that the documents beside the main one are said to have. */
  readonly documentIds: ReadonlyMap<string, string>
}

/** A journal entry as it lies in the store; one that cannot be read says why. */
export type AuditedEntry =
  | { readonly version: number; readonly chain: string; readonly entry: ChainedEntry }
  | { readonly version: number; readonly chain: string; readonly entry: null; readonly damage: string }

/** The newest entry of a lane at some moment. */
export interface LaneHeadName {
  readonly key: RecordKey
  readonly lane: Lane
  readonly version: number
}

export interface CheckpointHead extends LaneHeadName {
  readonly chain: string
}

export interface ChangedHeads {
  /** One per lane that has entries in the page, each at its newest entry of the page; and one per compaction. */
  readonly heads: readonly CheckpointHead[]
  /** The journal position of the page's last entry. */
  readonly position: number
  readonly isLast: boolean
}

/** What a checkpoint's digest is made of. */
export interface CheckpointBody {
  /** From 1, without gaps. */
  readonly number: number
  /** ISO 8601. */
  readonly at: string
  /** The journal up to and with this position is covered, by this checkpoint and those before. */
  readonly position: number
  /** JSON, one row per head: tenant, collection, id, lane, version, chain. */
  readonly heads: string
  /** Digest of the checkpoint before; null for the first. */
  readonly previous: string | null
  readonly keyId: string
}

export interface Checkpoint extends CheckpointBody {
  readonly digest: string
  /** Ed25519, base64. */
  readonly signature: string
}

export interface AuditStorage {
  /** All definitions as they lie in the store, sound or not. */
  readSchemas(): Promise<readonly StoredSchema[]>
  /** All records, in a stable order. */
  scanRecords(after: RecordKey | null, limit: number): Promise<readonly AuditedRecord[]>
  /** Entries of one lane with a version above `after`, in order; versions may be missing. */
  scanLane(key: RecordKey, lane: Lane, after: number, limit: number): Promise<readonly AuditedEntry[]>
  /** Journal entries behind a position, whether or not they belong to a record. */
  countEntries(after: number): Promise<number>
  /** The first stub behind a place in a lane (E2); null if there is none. */
  stubAfter(entry: LaneHeadName): Promise<AuditedEntry | null>
  /** The compaction of the record's text (S10); null if there is none. */
  findCompaction(key: RecordKey): Promise<AuditedEntry | null>
  /** The chain of one entry; null if there is no such entry. */
  chainAt(entry: LaneHeadName): Promise<string | null>

  /**
   * Which lanes have changed in the page of at most `limit` journal entries behind a position; null if there
   * are none. It costs what the page holds, however long the journal is.
   */
  changedHeads(after: number, limit: number): Promise<ChangedHeads | null>
  newestCheckpoint(): Promise<Checkpoint | null>
  /** Those with a number above `after`, in order. */
  scanCheckpoints(after: number, limit: number): Promise<readonly Checkpoint[]>
  /** `stale` if it does not follow the newest checkpoint. */
  commitCheckpoint(checkpoint: Checkpoint): Promise<CommitResult>
}
