/** Keeps what a record's lanes are loaded from (S5): it says nothing that the journal does not say. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { LaneSnapshot } from '../storage.ts'
import type { WriteStatus } from './commit-plan.ts'
import { findRecordRow, writeSnapshot } from './record-row.ts'
import type { Statements } from './statements.ts'

/** @returns `stale` if a journal does not have the entry, as after an erasure. An older one replaces no newer one. */
export function keepSnapshots(
  sql: Statements,
  key: RecordKey,
  snapshots: readonly LaneSnapshot[],
): WriteStatus {
  const row = findRecordRow(sql, key)
  if (row === undefined) return 'stale'
  const entryAt = sql
    .prepare<[number, string, number], string>(
      'SELECT chain FROM sluice_journal WHERE record = ? AND lane = ? AND version = ?',
    )
    .pluck()
  for (const { lane, version, chain, bytes } of snapshots) {
    if (entryAt.get(row.record, lane, version) !== chain) return 'stale'
    writeSnapshot(sql, row.record, lane, version, bytes)
  }
  return 'committed'
}
