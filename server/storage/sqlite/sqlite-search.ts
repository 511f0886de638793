/** The SQLite driver's part of the port that finds texts. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { SearchHit, SearchStorage } from '../search-storage.ts'
import type { CommitResult } from '../storage.ts'
import { checkLimit } from './cursor.ts'
import type { ProjectionShape } from './projection-shape.ts'
import type { RecordReading } from './read-records.ts'
import { searchTexts } from './search-texts.ts'
import type { Statements } from './statements.ts'
import type { WriteQueue } from './write-queue.ts'

/** As its migration creates it. Never edit this text: add a migration. */
export const SEARCH_PENDING_COLUMN = `
-- The text columns hold what sluice_search does not yet.
ALTER TABLE sluice_records ADD COLUMN search_pending INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sluice_records_unindexed ON sluice_records (record) WHERE search_pending = 1;
`

export class SqliteSearch implements SearchStorage {
  readonly #sql: Statements
  readonly #shape: ProjectionShape
  readonly #queue: WriteQueue
  readonly #read: <T>(read: () => T) => T

  constructor(
    { sql, shape }: Pick<RecordReading, 'sql' | 'shape'>,
    queue: WriteQueue,
    read: <T>(read: () => T) => T,
  ) {
    this.#sql = sql
    this.#shape = shape
    this.#queue = queue
    this.#read = read
  }

  async find(tenant: string, query: string, limit: number): Promise<readonly SearchHit[]> {
    return this.#read(() => searchTexts(this.#sql, this.#shape, { tenant, query, limit: checkLimit(limit) }))
  }

  index(key: RecordKey): Promise<CommitResult> {
    return this.#queue.submit({ type: 'index-texts', key })
  }

  async lagging(limit: number): Promise<readonly RecordKey[]> {
    return this.#read(() =>
      this.#sql
        .prepare<[number], RecordKey>(
          `SELECT tenant, collection, id FROM sluice_records WHERE search_pending = 1 ORDER BY record LIMIT ?`,
        )
        .all(checkLimit(limit)),
    )
  }
}
