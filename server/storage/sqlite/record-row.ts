/** The row of `sluice_records` that every write starts from. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Lane } from '../../plan/plan.ts'
import { compartmentOfLane } from '../../plan/plan.ts'
import { compartmentVersion } from './compartment-rows.ts'
import type { Statements } from './statements.ts'

export interface RecordRow {
  readonly record: number
  readonly fields_version: number
  readonly text_version: number
  readonly projected_text_version: number
  /** Journal position of the first text update that the text columns do not show. */
  readonly text_pending_from: number | null
  readonly deleted: 0 | 1
  readonly erased: 'sealed' | 'open' | null
  readonly created_at: string
}

export const findRecordRow = (sql: Statements, key: RecordKey): RecordRow | undefined =>
  sql
    .prepare<[string, string, string], RecordRow>(
      `SELECT record, fields_version, text_version, projected_text_version, text_pending_from, deleted, erased,
          created_at
        FROM sluice_records WHERE tenant = ? AND collection = ? AND id = ?`,
    )
    .get(key.tenant, key.collection, key.id)

export function laneVersion(sql: Statements, row: RecordRow | undefined, lane: Lane): number {
  if (row === undefined) return 0
  if (lane === 'fields') return row.fields_version
  return lane === 'text' ? row.text_version : compartmentVersion(sql, row.record, compartmentOfLane(lane))
}

/** Makes `text_pending_from` say which text update the text columns wait for, or which compaction holds it. */
export function refreshTextPending(sql: Statements, record: number): void {
  sql
    .prepare(
      `UPDATE sluice_records SET text_pending_from =
        (SELECT position FROM sluice_journal
          WHERE record = sluice_records.record AND lane = 'text' AND version > projected_text_version
          ORDER BY version LIMIT 1)
        WHERE record = ?`,
    )
    .run(record)
}

/** Keeps the lane's snapshot, unless a newer one is there. */
export function writeSnapshot(
  sql: Statements,
  record: number,
  lane: Lane,
  version: number,
  bytes: Uint8Array,
): void {
  sql
    .prepare(
      `INSERT INTO sluice_snapshots (record, lane, version, bytes) VALUES (?, ?, ?, ?)
        ON CONFLICT (record, lane) DO UPDATE SET version = excluded.version, bytes = excluded.bytes
        WHERE excluded.version >= version`,
    )
    .run(record, lane, version, bytes)
}
