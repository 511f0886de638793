/** The SQLite driver's part of the port that proves the journal (S7, S8). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Lane } from '../../plan/plan.ts'
import type {
  AuditedEntry,
  AuditedRecord,
  AuditStorage,
  ChangedHeads,
  Checkpoint,
  LaneHeadName,
  StoredSchema,
} from '../audit-storage.ts'
import type { CommitResult } from '../storage.ts'
import { newestCheckpoint, scanCheckpoints } from './checkpoint-rows.ts'
import {
  auditLane,
  auditRecords,
  chainAt,
  changedHeads,
  compactionIn,
  countEntries,
  stubAfter,
} from './read-audit.ts'
import { readDefinitions } from './schema-definitions.ts'
import type { Statements } from './statements.ts'
import type { WriteQueue } from './write-queue.ts'

export class SqliteAudit implements AuditStorage {
  readonly #sql: Statements
  readonly #queue: Pick<WriteQueue, 'submit'>

  /** @param sql of the connection that reads. */
  constructor(sql: Statements, queue: Pick<WriteQueue, 'submit'>) {
    this.#sql = sql
    this.#queue = queue
  }

  async readSchemas(): Promise<readonly StoredSchema[]> {
    return readDefinitions(this.#sql)
  }

  async scanRecords(after: RecordKey | null, limit: number): Promise<readonly AuditedRecord[]> {
    return auditRecords(this.#sql, after, limit)
  }

  async scanLane(key: RecordKey, lane: Lane, after: number, limit: number): Promise<readonly AuditedEntry[]> {
    return auditLane(this.#sql, key, lane, after, limit)
  }

  async countEntries(after: number): Promise<number> {
    return countEntries(this.#sql, after)
  }

  async stubAfter(entry: LaneHeadName): Promise<AuditedEntry | null> {
    return stubAfter(this.#sql, entry)
  }

  async findCompaction(key: RecordKey): Promise<AuditedEntry | null> {
    return compactionIn(this.#sql, key)
  }

  async chainAt(entry: LaneHeadName): Promise<string | null> {
    return chainAt(this.#sql, entry)
  }

  async changedHeads(after: number, limit: number): Promise<ChangedHeads | null> {
    return changedHeads(this.#sql, after, limit)
  }

  async newestCheckpoint(): Promise<Checkpoint | null> {
    return newestCheckpoint(this.#sql)
  }

  async scanCheckpoints(after: number, limit: number): Promise<readonly Checkpoint[]> {
    return scanCheckpoints(this.#sql, after, limit)
  }

  commitCheckpoint(checkpoint: Checkpoint): Promise<CommitResult> {
    return this.#queue.submit({ type: 'checkpoint', checkpoint })
  }
}
