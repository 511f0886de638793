/** The part of the storage port that joins the older entries of texts (S10). A driver finds and exchanges them, and judges none. */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CompactionPlan, NumberedEntry } from '../plan/plan-compaction.ts'
import type { Checkpoint } from './audit-storage.ts'
import type { CommitResult } from './storage.ts'

export interface OldText {
  readonly key: RecordKey
  /** Updates that were received before, up to the limit that was given, and their bytes. */
  readonly entries: number
  readonly bytes: number
  /** Bytes of the compaction that they follow; 0 if there is none. */
  readonly compactedBytes: number
}

export interface OldTexts {
  /** Those of the page that have such updates. */
  readonly items: readonly OldText[]
  /** The last record that was looked at; null if there was none left. */
  readonly last: RecordKey | null
}

export interface OldEntries {
  /** Version and chain of the stub with which the present epoch began (E2); 0 and null for the first one. */
  readonly start: number
  readonly startChain: string | null
  /** The epoch's first entries, in order, each received before. The first may be a compaction. */
  readonly entries: readonly NumberedEntry[]
  /** The first checkpoint that covers the last of them. */
  readonly checkpoint: Checkpoint
}

/** Of the updates; a compaction that they follow is not counted. */
export interface ReadOldLimits {
  readonly entries: number
  readonly bytes: number
}

export interface CompactionStorage {
  /**
   * Looks for updates that were received before a time in `records` records behind a key.
   * @param entriesMax of a record that are counted.
   */
  findOldTexts(
    before: string,
    after: RecordKey | null,
    limit: { readonly records: number; readonly entriesMax: number },
  ): Promise<OldTexts>
  /** Null if the text has no such updates that a checkpoint covers. At least one, however large it is. */
  readOldEntries(key: RecordKey, before: string, limits: ReadOldLimits): Promise<OldEntries | null>
  /** Puts the entry in the place of those that it stands for, in one transaction; `stale` if they are no longer as planned. */
  compactText(plan: CompactionPlan): Promise<CommitResult>
}
