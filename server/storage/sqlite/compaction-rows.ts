/** Finds the older entries of texts, and puts one in the place of many (S10). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { isCompaction } from '../../plan/compaction.ts'
import type { CompactionPlan, NumberedEntry } from '../../plan/plan-compaction.ts'
import type { OldEntries, OldTexts, ReadOldLimits } from '../compaction-storage.ts'
import { coveringCheckpoint, newestCheckpoint } from './checkpoint-rows.ts'
import type { WriteStatus } from './commit-plan.ts'
import { checkLimit } from './cursor.ts'
import { appendJournal } from './journal-rows.ts'
import { entryOf, JOURNAL_COLUMNS, type JournalRow } from './read-lanes.ts'
import { findRecordRow, refreshTextPending } from './record-row.ts'
import type { Statements } from './statements.ts'

interface OldTextRow extends RecordKey {
  readonly entries: number
  readonly bytes: number
  readonly compacted_bytes: number
}

export function findOldTexts(
  sql: Statements,
  before: string,
  after: RecordKey | null,
  { records, entriesMax }: { readonly records: number; readonly entriesMax: number },
): OldTexts {
  const start = after ?? { tenant: '', collection: '', id: '' }
  const rows = sql
    .prepare<unknown[], OldTextRow>(
      `SELECT tenant, collection, id, old ->> 0 AS entries, old ->> 1 AS bytes, old ->> 2 AS compacted_bytes FROM (
        SELECT tenant, collection, id, (SELECT json_array(
            TOTAL(kind = 'update'), TOTAL(length * (kind = 'update')), TOTAL(length * (kind = 'compaction')))
          FROM (SELECT kind, length(bytes) AS length, received_at FROM sluice_journal AS entry
            WHERE entry.record = r.record AND lane = 'text' AND kind <> 'erasure' ORDER BY version LIMIT @entriesMax)
          WHERE kind = 'compaction' OR received_at < @before) AS old
        FROM sluice_records AS r WHERE (tenant, collection, id) > (@tenant, @collection, @id)
        ORDER BY tenant, collection, id LIMIT @records)`,
    )
    .all({ ...start, before, records: checkLimit(records), entriesMax: checkLimit(entriesMax) })
  const last = rows.at(-1)
  return {
    items: rows
      .filter(({ entries }) => entries > 0)
      .map(({ entries, bytes, compacted_bytes, ...key }) => ({
        key,
        entries,
        bytes,
        compactedBytes: compacted_bytes,
      })),
    last: last === undefined ? null : { tenant: last.tenant, collection: last.collection, id: last.id },
  }
}

type NumberedRow = JournalRow & { readonly version: number; readonly position: number }

export function readOldEntries(
  sql: Statements,
  key: RecordKey,
  before: string,
  limits: ReadOldLimits,
): OldEntries | null {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    if (row === undefined) return null
    const stub = newestStub(sql, row.record)
    const start = stub?.version ?? 0
    const { entries, position } = firstEntries(sql, row.record, start, before, limits)
    const checkpoint = position === null ? null : coveringCheckpoint(sql, position)
    if (checkpoint === null) return null
    return { start, startChain: stub?.chain ?? null, entries, checkpoint }
  })
}

const newestStub = (sql: Statements, record: number): { version: number; chain: string } | undefined =>
  sql
    .prepare<[number], { version: number; chain: string }>(
      `SELECT version, chain FROM sluice_journal WHERE record = ? AND lane = 'text' AND kind = 'erasure'
        ORDER BY version DESC LIMIT 1`,
    )
    .get(record)

/** @returns also the position of the last update; null if there is none. */
function firstEntries(
  sql: Statements,
  record: number,
  start: number,
  before: string,
  limits: ReadOldLimits,
): { readonly entries: readonly NumberedEntry[]; readonly position: number | null } {
  const entries: NumberedEntry[] = []
  let position: number | null = null
  let bytes = 0
  let updates = 0
  const covered = newestCheckpoint(sql)?.position ?? 0
  const rows = sql
    .prepare<[number, number, number], NumberedRow>(
      `SELECT version, position, ${JOURNAL_COLUMNS} FROM sluice_journal
        WHERE record = ? AND lane = 'text' AND version > ? ORDER BY version LIMIT ?`,
    )
    .all(record, start, checkLimit(limits.entries) + 1)
  for (const row of rows) {
    const entry = entryOf(row)
    if (!isCompaction(entry)) {
      bytes += entry.bytes.byteLength
      const isTooMuch = position !== null && (bytes > limits.bytes || updates === limits.entries)
      if (isTooMuch || row.received_at >= before || row.position > covered) break
      position = row.position
      updates += 1
    }
    entries.push({ version: row.version, entry })
  }
  return { entries, position }
}

export function compactText(sql: Statements, plan: CompactionPlan): WriteStatus {
  const { key, start, through, expectedEntries, expectedChain, entry } = plan
  const row = findRecordRow(sql, key)
  if (row === undefined) return 'stale'
  const last = sql
    .prepare<[number, number], { chain: string }>(
      "SELECT chain FROM sluice_journal WHERE record = ? AND lane = 'text' AND version = ?",
    )
    .get(row.record, through)
  if (last?.chain !== expectedChain) return 'stale'
  const { changes } = sql
    .prepare(
      `DELETE FROM sluice_journal
        WHERE record = ? AND lane = 'text' AND version > ? AND version <= ? AND kind <> 'erasure'`,
    )
    .run(row.record, start, through)
  if (changes !== expectedEntries) return 'stale'
  appendJournal(sql, row.record, 'text', through, entry)
  sql
    .prepare("DELETE FROM sluice_snapshots WHERE record = ? AND lane = 'text' AND version <= ?")
    .run(row.record, through)
  refreshTextPending(sql, row.record)
  return 'committed'
}
