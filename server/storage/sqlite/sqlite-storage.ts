/**
 * The SQLite driver of the `Storage` port: a writer thread that commits in groups, and one read-only
 * connection for reads, which in WAL mode never wait for a commit.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ConflictState } from '../../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { CollectionSpec, Schema } from '../../../shared/schema/schema.ts'
import type { Log } from '../../log.ts'
import type { ChainedEntry, KeptAnswer, Lane, Plan } from '../../plan/plan.ts'
import type { ErasurePlan } from '../../plan/plan-erasure.ts'
import type { SqlRow, TableWrite } from '../../projection/table-layout.ts'
import type { FieldChangeFilter, StoredFieldChange } from '../change-log.ts'
import type {
  CommitResult,
  ConflictFilter,
  ConflictGroup,
  ContributionFilter,
  LaneSnapshot,
  Page,
  RecordFilter,
  RecordScope,
  ShownRecord,
  Storage,
  StoredConflict,
  StoredDocument,
  StoredErasure,
  StoredFields,
  StoredLane,
  StoredRecord,
  StoredTextLane,
  TextProjection,
} from '../storage.ts'
import { countAnswersBefore, readAnswer } from './answer-rows.ts'
import { openReadConnection } from './connection.ts'
import { checkLimit } from './cursor.ts'
import { loadInPages } from './load-in-pages.ts'
import { countEventsBefore } from './outbox-rows.ts'
import { type ProjectionShape, projectionShape } from './projection-shape.ts'
import { countConflicts, groupConflicts, listConflicts, readConflict } from './read-conflicts.ts'
import { findErased, listContributions, listErasures } from './read-erasures.ts'
import { loadText, scanJournal, unpacked } from './read-lanes.ts'
import { lastChangePosition, listFieldChanges } from './read-log.ts'
import { countRows, tableRows } from './read-projection.ts'
import {
  findDocument,
  laggingTexts,
  listRecords,
  type RecordReading,
  readFields,
  readRecord,
  scanRecords,
} from './read-records.ts'
import { RecordCache } from './record-cache.ts'
import { isLostPosition } from './restored-store.ts'
import { definitionsOf, readSchemas } from './schema-definitions.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { SqliteCompaction } from './sqlite-compaction.ts'
import { SqliteInspection } from './sqlite-inspection.ts'
import { SqliteRevocations } from './sqlite-revocations.ts'
import { SqliteSearch } from './sqlite-search.ts'
import { type StartedWriter, startWriter } from './start-writer.ts'
import { Statements } from './statements.ts'
import { failureOf } from './store-failure.ts'
import { readMeta } from './store-meta.ts'
import type { WriteJob } from './write-job.ts'
import { WriteQueue, type WriterThread } from './write-queue.ts'

export interface SqliteStorageOptions {
  /** Path of the database; its folder is created if missing. */
  readonly file: string
  readonly schema: Schema
  readonly log?: Pick<Log, 'warn' | 'error'>
  /** Told when a read finds that the file can no longer be trusted (W5). */
  readonly onDamage?: (reason: string) => void
  /** Of records kept as they were read, for readers; none if this is left out. */
  readonly recordCacheBytesMax?: number
}

/**
 * Opens a store, or creates it, and brings its tables up to date.
 * @throws Error, saying what to do, if another server holds the file, a newer program made it, it is not a
 *   database, or a table of somebody else stands where the schema needs one.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<SqliteStorage> {
  const { file, schema, log } = options
  if (file === '' || file === ':memory:') throw new RangeError('a store needs a file: threads share it')
  mkdirSync(dirname(file), { recursive: true })
  const shape = projectionShape(schema)
  const definitions = definitionsOf(schema)
  const writer = await startWriter({ file, shape, definitions, newStorageId: randomUUID() })
  writer.worker.on('error', (error) => log?.error({ err: error, file }, 'the writer thread died'))
  if (writer.projectionIsStale) log?.warn({ file }, 'the projected tables are to be rebuilt')
  try {
    return new SqliteStorage(options, shape, writer)
  } catch (error) {
    await writer.worker.terminate()
    throw error
  }
}

export class SqliteStorage implements Storage {
  readonly storageId: string
  readonly schemas: ReadonlyMap<string, CollectionSpec>
  readonly audit: SqliteAudit
  readonly compaction: SqliteCompaction
  readonly inspection: SqliteInspection
  readonly search: SqliteSearch
  readonly revocations: SqliteRevocations
  readonly #shape: ProjectionShape
  readonly #sql: Statements
  readonly #reading: RecordReading
  readonly #queue: WriteQueue
  readonly #onDamage: SqliteStorageOptions['onDamage']
  #projectionIsStale: boolean

  constructor(
    { file, schema, onDamage, recordCacheBytesMax = 0 }: SqliteStorageOptions,
    shape: ProjectionShape,
    writer: StartedWriter<WriterThread>,
  ) {
    this.storageId = writer.storageId
    this.#projectionIsStale = writer.projectionIsStale
    this.#shape = shape
    this.#onDamage = onDamage
    this.#sql = new Statements(openReadConnection(file))
    this.#reading = { sql: this.#sql, shape, cache: new RecordCache(recordCacheBytesMax) }
    this.schemas = readSchemas(this.#sql, schema)
    this.#queue = new WriteQueue(writer.worker)
    this.audit = new SqliteAudit(this.#sql, this.#queue)
    this.compaction = new SqliteCompaction(this.#sql, this.#queue)
    this.inspection = new SqliteInspection(this.#sql, (read) => this.#read(read))
    this.search = new SqliteSearch(this.#reading, this.#queue, (read) => this.#read(read))
    this.revocations = new SqliteRevocations(this.#sql, this.#queue)
  }

  get projectionIsStale(): boolean {
    return this.#projectionIsStale
  }

  /** Transactions that the writer has committed since the store was opened; fewer than jobs under load. */
  get transactions(): number {
    return this.#queue.transactions
  }

  commit(plan: Plan): Promise<CommitResult> {
    return this.#queue.submit({ type: 'commit', plan })
  }

  keepSnapshots(key: RecordKey, snapshots: readonly LaneSnapshot[]): Promise<CommitResult> {
    return this.#queue.submit({ type: 'keep-snapshots', key, snapshots })
  }

  commitText(projection: TextProjection): Promise<CommitResult> {
    return this.#queue.submit({ type: 'commit-text', projection })
  }

  erase(plan: ErasurePlan): Promise<CommitResult> {
    return this.#queue.submit({ type: 'erase', plan })
  }

  async erasureIsPending(): Promise<boolean> {
    return this.#read(() => readMeta(this.#sql.db, 'unclean') !== null)
  }

  async findErased(documentId: string): Promise<StoredDocument | null> {
    return this.#read(() => findErased(this.#sql, documentId))
  }

  async listErasures(tenant: string, cursor: string | null, limit: number): Promise<Page<StoredErasure>> {
    return this.#read(() => listErasures(this.#sql, tenant, cursor, limit))
  }

  async listContributions(filter: ContributionFilter): Promise<Page<RecordKey>> {
    return this.#read(() => listContributions(this.#sql, filter))
  }

  async resetProjection(): Promise<void> {
    await this.#write({ type: 'reset-projection' })
    this.#projectionIsStale = true
  }

  writeTables(writes: readonly TableWrite[], shown?: ShownRecord): Promise<void> {
    return this.#write({ type: 'write-tables', writes, shown: shown ?? null })
  }

  async tableRows(key: RecordKey): Promise<ReadonlyMap<string, readonly SqlRow[]>> {
    return this.#read(() => tableRows(this.#sql, this.#shape, key))
  }

  async countRows(): Promise<ReadonlyMap<string, number>> {
    return this.#read(() => countRows(this.#sql, this.#shape))
  }

  async markProjectionFresh(): Promise<void> {
    await this.#write({ type: 'mark-projection-fresh' })
    this.#projectionIsStale = false
  }

  async load(key: RecordKey, lane: Lane): Promise<StoredLane> {
    return unpacked(await loadInPages(this.#sql, (look) => this.#read(look), key, lane))
  }

  async loadText(key: RecordKey): Promise<StoredTextLane> {
    return unpacked(this.#read(() => loadText(this.#sql, key)))
  }

  async findDocument(documentId: string): Promise<StoredDocument | null> {
    return this.#read(() => findDocument(this.#sql, documentId))
  }

  async readFields(key: RecordKey): Promise<StoredFields | null> {
    return this.#read(() => readFields(this.#sql, key))
  }

  async readRecord(key: RecordKey): Promise<StoredRecord | null> {
    return this.#read(() => readRecord(this.#reading, key))
  }

  async listRecords(filter: RecordFilter): Promise<Page<StoredRecord>> {
    return this.#read(() => listRecords(this.#reading, filter))
  }

  markOf(scope: RecordScope): number | null {
    return this.#queue.marks.of(scope)
  }

  async readConflict(tenant: string, id: string): Promise<StoredConflict | null> {
    return this.#read(() => readConflict(this.#sql, tenant, id))
  }

  async listConflicts(filter: ConflictFilter): Promise<Page<StoredConflict>> {
    return this.#read(() => listConflicts(this.#sql, filter))
  }

  async groupConflicts(filter: Omit<ConflictFilter, 'cursor' | 'limit'>): Promise<readonly ConflictGroup[]> {
    return this.#read(() => groupConflicts(this.#sql, filter))
  }

  async countConflicts(tenant: string, states: readonly ConflictState[]): Promise<number> {
    return this.#read(() => countConflicts(this.#sql, tenant, states))
  }

  async listFieldChanges(filter: FieldChangeFilter): Promise<Page<StoredFieldChange>> {
    return this.#read(() => listFieldChanges(this.#sql, filter))
  }

  async lastChangePosition(tenant: string): Promise<number> {
    return this.#read(() => lastChangePosition(this.#sql, tenant))
  }

  async isLostPosition(position: number): Promise<boolean> {
    return this.#read(() => isLostPosition(this.#sql, position))
  }

  async readAnswer(tenant: string, subject: string, key: string): Promise<KeptAnswer | null> {
    return this.#read(() => readAnswer(this.#sql, tenant, subject, key))
  }

  async forgetAnswers(before: string, limit: number): Promise<number> {
    const count = this.#read(() => countAnswersBefore(this.#sql, before, checkLimit(limit)))
    if (count > 0) await this.#write({ type: 'forget-answers', before, limit })
    return count
  }

  async forgetEvents(before: string, limit: number): Promise<number> {
    const count = this.#read(() => countEventsBefore(this.#sql, before, checkLimit(limit)))
    if (count > 0) await this.#write({ type: 'forget-events', before, limit })
    return count
  }

  async laggingTexts(limit: number): Promise<readonly RecordKey[]> {
    return this.#read(() => laggingTexts(this.#sql, this.#shape, limit))
  }

  async scanRecords(after: RecordKey | null, limit: number): Promise<readonly RecordKey[]> {
    return this.#read(() => scanRecords(this.#sql, after, limit))
  }

  async scanJournal(key: RecordKey, lanes: 'fields' | 'text'): Promise<readonly ChainedEntry[]> {
    return this.#read(() => scanJournal(this.#sql, key, lanes))
  }

  close(): Promise<void> {
    // The reader goes first: the last connection to close tidies the WAL away, and only a writer can.
    this.#sql.db.close()
    return this.#queue.close()
  }

  /** A damaged page that a reader meets is no less a reason to end than one that the writer meets (W5). */
  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      const { fatal, reason } = failureOf(error)
      if (fatal) this.#onDamage?.(reason)
      throw error
    }
  }

  /** @throws SluiceError `store_unavailable` if the store did not take it. */
  async #write(job: WriteJob): Promise<void> {
    const result = await this.#queue.submit(job)
    if (result.status === 'failed') throw new SluiceError('store_unavailable', result.reason)
  }
}
