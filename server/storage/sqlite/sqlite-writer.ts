/**
 * The one writer of a store: it holds the lock and the write connection, brings the tables up to date, and
 * executes batches of jobs, each batch in one transaction, in which a job can be taken back alone (W3, W4).
 */
import type Database from 'better-sqlite3'
import type { CommitResult } from '../storage.ts'
import { forgetAnswers } from './answer-rows.ts'
import { writeCheckpoint } from './checkpoint-rows.ts'
import { cleanStore } from './clean-store.ts'
import { commitPlan, showRecord, type WriteStatus } from './commit-plan.ts'
import { commitText } from './commit-text.ts'
import { compactText } from './compaction-rows.ts'
import { openWriteConnection } from './connection.ts'
import { eraseRecord } from './erase-record.ts'
import { keepSnapshots } from './keep-snapshots.ts'
import { migrate } from './migrations.ts'
import { forgetEvents } from './outbox-rows.ts'
import { unpackTextPlan } from './packed-text-plan.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { markProjectionFresh, openProjection, recreateProjection } from './projection-tables.ts'
import { refuseHalfRestored } from './restore-mark.ts'
import { keepRevocation } from './revocation-rows.ts'
import { openRoleViews } from './role-view-tables.ts'
import { keepDefinitions } from './schema-definitions.ts'
import { indexTexts } from './search-index.ts'
import { Statements } from './statements.ts'
import { concernsOnePlan, type Failure, failureOf } from './store-failure.ts'
import { lockStore, type StoreLock } from './store-lock.ts'
import { readMeta, writeMeta } from './store-meta.ts'
import { TableWriter } from './table-writer.ts'
import type { SentJob, WriterOptions } from './write-job.ts'

/** How often a store that could not be cleaned is tried again: it is written anew each time. */
const CLEAN_INTERVAL_MS = 60_000
const COMMITTED: CommitResult = { status: 'committed' }

export class SqliteWriter {
  readonly storageId: string
  /** As it was found when the store was opened. */
  readonly projectionIsStale: boolean
  readonly db: Database.Database
  readonly #lock: StoreLock
  readonly #shape: ProjectionShape
  readonly #sql: Statements
  readonly #tables: TableWriter
  #transactions = 0
  /** False while the files may hold what was erased (E6). */
  #isClean = true
  #cleanedAt = 0
  /** Set once the store cannot be trusted any more; nothing is written after that. */
  #fatal: Failure | null = null

  /**
   * Opens the store, or creates it; its folder must exist.
   * @throws Error, saying what to do, if it is held by another server, half restored, made by a newer program, not a
   *   database, or has a table of somebody else where the schema needs one.
   */
  constructor(options: WriterOptions) {
    this.#lock = lockStore(options.file)
    try {
      refuseHalfRestored(options.file)
      this.db = openWriteConnection(options.file)
    } catch (error) {
      this.#lock.release()
      throw error
    }
    try {
      migrate(this.db)
      const opened = this.db.transaction(() => openTables(this.db, options)).immediate()
      this.storageId = opened.storageId
      this.projectionIsStale = opened.projectionIsStale
    } catch (error) {
      this.close()
      throw error
    }
    this.#shape = options.shape
    this.#sql = new Statements(this.db)
    this.#tables = new TableWriter(this.#sql, options.shape)
    this.#isClean = false
    this.#clean(true)
  }

  /** Transactions committed since the store was opened. */
  get transactions(): number {
    return this.#transactions
  }

  /**
   * Writes a batch. A stale job, or one that the tables refuse, is taken back alone; if the transaction
   * fails, nothing is written and every job of the batch answers `failed` (W5).
   */
  write(jobs: readonly SentJob[]): readonly CommitResult[] {
    const { db } = this
    const fatal = this.#fatal
    if (fatal !== null) return jobs.map(() => fatal)
    try {
      const results = this.#writeAll(jobs) ?? this.#writeEach(jobs)
      this.#transactions += 1
      const erases = jobs.some(isErasure)
      if (erases) this.#isClean = false
      this.#clean(erases)
      return results
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (db.inTransaction) db.exec('ROLLBACK')
      const failure = failureOf(error)
      if (failure.fatal) this.#fatal = failure
      return jobs.map(() => failure)
    }
  }

  /**
   * Savepoints copy every page that a job touches, and nearly no job is taken back: all are written without, at first.
   * @returns null, with nothing written, if one of them has to be taken back.
   */
  #writeAll(jobs: readonly SentJob[]): readonly CommitResult[] | null {
    this.#sql.prepare('BEGIN IMMEDIATE').run()
    try {
      for (const job of jobs)
        if (this.#execute(job) === 'stale') {
          this.#sql.prepare('ROLLBACK').run()
          return null
        }
    } catch (error) {
      if (!this.db.inTransaction || !concernsOnePlan(error)) throw error
      this.#sql.prepare('ROLLBACK').run()
      return null
    }
    this.#sql.prepare('COMMIT').run()
    return jobs.map(() => COMMITTED)
  }

  #writeEach(jobs: readonly SentJob[]): readonly CommitResult[] {
    this.#sql.prepare('BEGIN IMMEDIATE').run()
    const results = jobs.map((job) => this.#writeOne(job))
    this.#sql.prepare('COMMIT').run()
    return results
  }

  close(): void {
    if (this.#fatal === null) this.#clean(true)
    this.db.close()
    this.#lock.release()
  }

  /** What cannot be done now is tried again: with a later batch, when the store is closed, and when it is opened. */
  #clean(isUrgent: boolean): void {
    if (this.#isClean || (!isUrgent && performance.now() < this.#cleanedAt + CLEAN_INTERVAL_MS)) return
    this.#cleanedAt = performance.now()
    try {
      this.#isClean = cleanStore(this.db)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.fatal) this.#fatal = failure
    }
  }

  #writeOne(job: SentJob): CommitResult {
    const savepoint = this.#sql.prepare('SAVEPOINT job')
    const takeBack = this.#sql.prepare('ROLLBACK TO job')
    const release = this.#sql.prepare('RELEASE job')
    savepoint.run()
    try {
      const status = this.#execute(job)
      if (status === 'stale') takeBack.run()
      release.run()
      return { status }
    } catch (error) {
      if (!this.db.inTransaction || !concernsOnePlan(error)) throw error
      takeBack.run()
      release.run()
      return failureOf(error)
    }
  }

  #execute(job: SentJob): WriteStatus {
    if (typeof job === 'string') return commitPlan(this.#sql, this.#tables, unpackTextPlan(job))
    switch (job.type) {
      case 'commit':
        return commitPlan(this.#sql, this.#tables, job.plan)
      case 'erase':
        return eraseRecord(this.#sql, this.#tables, job.plan)
      case 'compact-text':
        return compactText(this.#sql, job.plan)
      case 'keep-snapshots':
        return keepSnapshots(this.#sql, job.key, job.snapshots)
      case 'commit-text':
        return commitText(this.#sql, this.#shape, job.projection)
      case 'index-texts':
        return indexTexts(this.#sql, this.#shape, job.key)
      case 'checkpoint':
        return writeCheckpoint(this.#sql, job.checkpoint)
      case 'keep-revocation':
        keepRevocation(this.#sql, job.revocation)
        return 'committed'
      case 'forget-answers':
        forgetAnswers(this.#sql, job.before, job.limit)
        return 'committed'
      case 'forget-events':
        forgetEvents(this.#sql, job.before, job.limit)
        return 'committed'
      case 'write-tables':
        for (const write of job.writes) this.#tables.write(write)
        if (job.shown !== null) showRecord(this.#sql, job.shown)
        return 'committed'
      case 'reset-projection':
        recreateProjection(this.db, this.#shape)
        return 'committed'
      case 'mark-projection-fresh':
        markProjectionFresh(this.db)
        return 'committed'
    }
  }
}

const isErasure = (job: SentJob): boolean => typeof job !== 'string' && job.type === 'erase'

function openTables(
  db: Database.Database,
  { shape, definitions, newStorageId }: WriterOptions,
): { readonly storageId: string; readonly projectionIsStale: boolean } {
  const storageId = readMeta(db, 'storage_id') ?? newStorageId
  writeMeta(db, 'storage_id', storageId)
  keepDefinitions(db, definitions)
  const projectionIsStale = openProjection(db, shape)
  openRoleViews(db, shape.roleViews)
  return { storageId, projectionIsStale }
}
