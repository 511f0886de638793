/** The SQLite driver's part of the port that joins the older entries of texts (S10). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { CompactionPlan } from '../../plan/plan-compaction.ts'
import type { CompactionStorage, OldEntries, OldTexts, ReadOldLimits } from '../compaction-storage.ts'
import type { CommitResult } from '../storage.ts'
import { findOldTexts, readOldEntries } from './compaction-rows.ts'
import type { Statements } from './statements.ts'
import type { WriteQueue } from './write-queue.ts'

export class SqliteCompaction implements CompactionStorage {
  readonly #sql: Statements
  readonly #queue: Pick<WriteQueue, 'submit'>

  /** @param sql of the connection that reads. */
  constructor(sql: Statements, queue: Pick<WriteQueue, 'submit'>) {
    this.#sql = sql
    this.#queue = queue
  }

  async findOldTexts(
    before: string,
    after: RecordKey | null,
    limit: { readonly records: number; readonly entriesMax: number },
  ): Promise<OldTexts> {
    return findOldTexts(this.#sql, before, after, limit)
  }

  async readOldEntries(key: RecordKey, before: string, limits: ReadOldLimits): Promise<OldEntries | null> {
    return readOldEntries(this.#sql, key, before, limits)
  }

  compactText(plan: CompactionPlan): Promise<CommitResult> {
    return this.#queue.submit({ type: 'compact-text', plan })
  }
}
