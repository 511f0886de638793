/** The SQLite driver's part of the port that people look through. Sizes cost no reading of what is measured. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { ChainedEntry, JournalKind, Lane } from '../../plan/plan.ts'
import type { Backlog, EntryOutline, InspectionStorage, LaneSize } from '../inspection-storage.ts'
import { OUTBOX_COUNT_MAX } from '../inspection-storage.ts'
import { checkLimit } from './cursor.ts'
import type { OriginColumns } from './origin-columns.ts'
import { originOf } from './origin-columns.ts'
import { readBindings, readTextUpTo } from './read-lanes.ts'
import { findRecordRow } from './record-row.ts'
import type { Statements } from './statements.ts'

interface OutlineRow extends OriginColumns {
  readonly version: number
  readonly kind: JournalKind
  readonly hash: string | null
  readonly size: number
}

const OUTLINE =
  'version, kind, hash, length(bytes) AS size, subject, roles, session, door, device, metadata, claimed_at, received_at'

/** As its migration creates it: counting what waits need not pass what is decided. Never edit this text: add a migration. */
export const UNDECIDED_INDEX = `
CREATE INDEX sluice_conflicts_undecided ON sluice_conflicts (tenant, opened_at) WHERE resolution IS NULL;
`

export class SqliteInspection implements InspectionStorage {
  readonly #sql: Statements
  readonly #read: <T>(read: () => T) => T

  /**
   * @param sql of the connection that reads.
   * @param read runs a read, and tells of damage.
   */
  constructor(sql: Statements, read: <T>(read: () => T) => T) {
    this.#sql = sql
    this.#read = read
  }

  async laneSizes(key: RecordKey): Promise<readonly LaneSize[]> {
    return this.#read(() => {
      const row = findRecordRow(this.#sql, key)
      if (row === undefined) return []
      return this.#sql
        .prepare<[number], LaneSize>(
          `SELECT lane, count(*) AS entries, sum(length(bytes)) AS bytes,
              (SELECT length(bytes) FROM sluice_snapshots AS s WHERE s.record = j.record AND s.lane = j.lane)
                AS snapshotBytes
            FROM sluice_journal AS j WHERE record = ? GROUP BY lane ORDER BY lane`,
        )
        .all(row.record)
    })
  }

  async listEntries(
    key: RecordKey,
    lane: Lane,
    before: number | null,
    limit: number,
  ): Promise<readonly EntryOutline[]> {
    return this.#read(() => {
      const row = findRecordRow(this.#sql, key)
      if (row === undefined) return []
      return this.#sql
        .prepare<[number, Lane, number, number], OutlineRow>(
          `SELECT ${OUTLINE} FROM sluice_journal WHERE record = ? AND lane = ? AND version < ?
            ORDER BY version DESC LIMIT ?`,
        )
        .all(row.record, lane, before ?? Number.MAX_SAFE_INTEGER, checkLimit(limit))
        .map(toOutline)
    })
  }

  async authors(key: RecordKey): Promise<ReadonlyMap<string, string>> {
    return this.#read(() => {
      const row = findRecordRow(this.#sql, key)
      return row === undefined ? new Map() : readBindings(this.#sql, row.record)
    })
  }

  async textUpTo(key: RecordKey, version: number): Promise<readonly ChainedEntry[]> {
    return this.#read(() => readTextUpTo(this.#sql, key, version))
  }

  async backlog(tenant: string | null): Promise<Backlog> {
    return this.#read(() =>
      this.#sql.snapshot(() => ({
        ...this.#conflicts(tenant),
        ...this.#lag(tenant),
        outboxEvents: this.#outbox(tenant),
      })),
    )
  }

  #conflicts(tenant: string | null): Pick<Backlog, 'openConflicts' | 'oldestConflictAt'> {
    const of = tenant === null ? [] : [tenant]
    const row = this.#sql
      .prepare<string[], { count: number; oldest: string | null }>(
        `SELECT count(*) AS count, min(opened_at) AS oldest FROM sluice_conflicts
          WHERE resolution IS NULL ${tenantIs(tenant)}`,
      )
      .get(...of)
    return { openConflicts: row?.count ?? 0, oldestConflictAt: row?.oldest ?? null }
  }

  #lag(tenant: string | null): Pick<Backlog, 'laggingTexts' | 'laggingUpdates'> {
    const of = tenant === null ? [] : [tenant]
    const row = this.#sql
      .prepare<string[], { count: number; updates: number | null }>(
        `SELECT count(*) AS count, sum(text_version - projected_text_version) AS updates FROM sluice_records
          WHERE text_pending_from IS NOT NULL ${tenantIs(tenant)}`,
      )
      .get(...of)
    return { laggingTexts: row?.count ?? 0, laggingUpdates: row?.updates ?? 0 }
  }

  #outbox(tenant: string | null): number {
    const of = tenant === null ? [] : [tenant]
    const row = this.#sql
      .prepare<(string | number)[], { count: number }>(
        `SELECT count(*) AS count FROM (SELECT 1 FROM sluice_outbox WHERE true ${tenantIs(tenant)} LIMIT ?)`,
      )
      .get(...of, OUTBOX_COUNT_MAX)
    return row?.count ?? 0
  }
}

const tenantIs = (tenant: string | null): string => (tenant === null ? '' : 'AND tenant = ?')

const toOutline = ({ version, kind, hash, size, ...columns }: OutlineRow): EntryOutline => ({
  version,
  kind,
  hash,
  bytes: size,
  origin: originOf(columns),
})
