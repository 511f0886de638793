/** The part of the storage port that people look through: how large things are, who wrote what, and what waits. */
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { ChainedEntry, JournalKind, Lane } from '../plan/plan.ts'

/** What a lane takes in the store. Bytes are those of its entries, without their origins. */
export interface LaneSize {
  readonly lane: Lane
  readonly entries: number
  readonly bytes: number
  /** Null for a lane without a snapshot. */
  readonly snapshotBytes: number | null
}

/** A journal entry without its content. */
export interface EntryOutline {
  /** From 1, in its lane. */
  readonly version: number
  readonly kind: JournalKind
  /** Of the Automerge change; null for text and JSON. */
  readonly hash: string | null
  readonly bytes: number
  readonly origin: Origin
}

/** What waits: for a person, for the text columns, for delivery. */
export interface Backlog {
  readonly openConflicts: number
  /** When the one that has waited longest was opened, ISO 8601; null if there is none. */
  readonly oldestConflictAt: string | null
  /** Records whose text columns lag, and updates that they do not show. */
  readonly laggingTexts: number
  readonly laggingUpdates: number
  /** Counted up to `OUTBOX_COUNT_MAX`. */
  readonly outboxEvents: number
}

export const OUTBOX_COUNT_MAX = 10_000

export interface InspectionStorage {
  /** By lane, in order; empty for a record that there is not. */
  laneSizes(key: RecordKey): Promise<readonly LaneSize[]>
  /** Entries below a version, the newest first. @param before null for the newest of all. */
  listEntries(
    key: RecordKey,
    lane: Lane,
    before: number | null,
    limit: number,
  ): Promise<readonly EntryOutline[]>
  /** Author id → subject (R5), of all lanes. */
  authors(key: RecordKey): Promise<ReadonlyMap<string, string>>
  /** The text's updates of the present epoch up to a version, oldest first. */
  textUpTo(key: RecordKey, version: number): Promise<readonly ChainedEntry[]>
  /** @param tenant null for all of them. */
  backlog(tenant: string | null): Promise<Backlog>
}
