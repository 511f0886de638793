/** Reads what proves the journal (S7): entries as they lie there, believed in nothing, and the lanes' heads. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Lane } from '../../plan/plan.ts'
import { laneOf } from '../../plan/plan.ts'
import type {
  AuditedEntry,
  AuditedRecord,
  ChangedHeads,
  CheckpointHead,
  LaneHeadName,
} from '../audit-storage.ts'
import { checkLimit } from './cursor.ts'
import { entryOf, JOURNAL_COLUMNS, type JournalRow } from './read-lanes.ts'
import { findRecordRow } from './record-row.ts'
import type { Statements } from './statements.ts'

export function auditRecords(
  sql: Statements,
  after: RecordKey | null,
  limit: number,
): readonly AuditedRecord[] {
  const start = after ?? { tenant: '', collection: '', id: '' }
  return sql
    .prepare<
      [string, string, string, number],
      RecordKey & {
        document_id: string
        fields_version: number
        text_version: number
        compartments: string
      }
    >(
      `SELECT tenant, collection, id, document_id, fields_version, text_version,
          (SELECT json_group_array(json_array(compartment, document_id, version))
            FROM sluice_compartments AS c WHERE c.record = r.record) AS compartments
        FROM sluice_records AS r WHERE (tenant, collection, id) > (?, ?, ?) ORDER BY tenant, collection, id LIMIT ?`,
    )
    .all(start.tenant, start.collection, start.id, checkLimit(limit))
    .map(({ tenant, collection, id, document_id, fields_version, text_version, compartments }) => {
      const others: readonly [string, string, number][] = JSON.parse(compartments)
      return {
        key: { tenant, collection, id },
        documentId: document_id,
        versions: new Map<Lane, number>([
          ['fields', fields_version],
          ['text', text_version],
          ...others.map(([name, , version]) => [laneOf(name), version] as const),
        ]),
        documentIds: new Map(others.map(([name, documentId]) => [name, documentId])),
      }
    })
}

export function auditLane(
  sql: Statements,
  key: RecordKey,
  lane: Lane,
  after: number,
  limit: number,
): readonly AuditedEntry[] {
  const row = findRecordRow(sql, key)
  if (row === undefined) return []
  return sql
    .prepare<[number, Lane, number, number], JournalRow & { version: number }>(
      `SELECT version, ${JOURNAL_COLUMNS} FROM sluice_journal
        WHERE record = ? AND lane = ? AND version > ? ORDER BY version LIMIT ?`,
    )
    .all(row.record, lane, after, checkLimit(limit))
    .map(toAudited)
}

function toAudited(row: JournalRow & { version: number }): AuditedEntry {
  const { version, chain } = row
  try {
    return { version, chain, entry: entryOf(row) }
  } catch (error) {
    const damage = `its metadata cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return { version, chain, entry: null, damage }
  }
}

export function stubAfter(sql: Statements, { key, lane, version }: LaneHeadName): AuditedEntry | null {
  const row = findRecordRow(sql, key)
  if (row === undefined) return null
  const stub = sql
    .prepare<[number, Lane, number], JournalRow & { version: number }>(
      `SELECT version, ${JOURNAL_COLUMNS} FROM sluice_journal
        WHERE record = ? AND lane = ? AND version > ? AND kind = 'erasure' ORDER BY version LIMIT 1`,
    )
    .get(row.record, lane, version)
  return stub === undefined ? null : toAudited(stub)
}

export function compactionIn(sql: Statements, key: RecordKey): AuditedEntry | null {
  const record = findRecordRow(sql, key)?.record
  if (record === undefined) return null
  const row = sql
    .prepare<[number], JournalRow & { version: number }>(
      `SELECT version, ${JOURNAL_COLUMNS} FROM sluice_journal WHERE record = ? AND kind = 'compaction'`,
    )
    .get(record)
  return row === undefined ? null : toAudited(row)
}

export const countEntries = (sql: Statements, after: number): number =>
  sql
    .prepare<[number], { entries: number }>(
      'SELECT COUNT(*) AS entries FROM sluice_journal WHERE position > ?',
    )
    .get(after)?.entries ?? 0

export function chainAt(sql: Statements, { key, lane, version }: LaneHeadName): string | null {
  const row = sql
    .prepare<[string, string, string, Lane, number], { chain: string }>(
      `SELECT chain FROM sluice_journal JOIN sluice_records USING (record)
        WHERE tenant = ? AND collection = ? AND id = ? AND lane = ? AND version = ?`,
    )
    .get(key.tenant, key.collection, key.id, lane, version)
  return row?.chain ?? null
}

export function changedHeads(sql: Statements, after: number, limit: number): ChangedHeads | null {
  return sql.snapshot(() => {
    const page = sql
      .prepare<[number, number], { position: number | null; entries: number }>(
        `SELECT MAX(position) AS position, COUNT(*) AS entries FROM
          (SELECT position FROM sluice_journal WHERE position > ? ORDER BY position LIMIT ?)`,
      )
      .get(after, checkLimit(limit))
    if (page === undefined || page.position === null) return null
    const heads = sql
      .prepare<[number, number], RecordKey & Omit<CheckpointHead, 'key'>>(
        `SELECT tenant, collection, id, lane, version, chain FROM
          (SELECT record, lane, MAX(version) AS version FROM sluice_journal
            WHERE position > ? AND position <= ? GROUP BY record, lane, kind = 'compaction')
          JOIN sluice_journal USING (record, lane, version) JOIN sluice_records USING (record)`,
      )
      .all(after, page.position)
      .map(({ tenant, collection, id, ...head }) => ({ key: { tenant, collection, id }, ...head }))
    return { heads, position: page.position, isLast: page.entries < limit }
  })
}
