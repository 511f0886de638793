/** Reads what was erased (E2), and where a person has contributed (E7). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { decodeErasure } from '../../plan/erasure.ts'
import type { ContributionFilter, Page, StoredErasure } from '../storage.ts'
import { checkLimit, decodeCursor, toPage } from './cursor.ts'
import { type OriginColumns, originOf } from './origin-columns.ts'
import type { Statements } from './statements.ts'

interface StubRow extends OriginColumns, RecordKey {
  readonly position: number
  readonly bytes: Uint8Array
  readonly text_entries: number | null
}

export function findErased(sql: Statements, documentId: string): RecordKey | null {
  const row = sql
    .prepare<[string], RecordKey>(
      `SELECT tenant, collection, id FROM sluice_journal JOIN sluice_records USING (record)
        WHERE kind = 'erasure' AND lane = 'fields' AND CAST(bytes AS TEXT) ->> '$.documentId' = ?`,
    )
    .get(documentId)
  return row ?? null
}

export function listErasures(
  sql: Statements,
  tenant: string,
  cursor: string | null,
  limit: number,
): Page<StoredErasure> {
  const before = cursor === null ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, ['number'])
  const rows = sql
    .prepare<unknown[], StubRow>(
      `SELECT shown.position, shown.tenant, shown.collection, shown.id, shown.text_entries, bytes,
          subject, roles, session, door, device, metadata, claimed_at, received_at
        FROM sluice_erasures AS shown JOIN sluice_journal USING (position)
        WHERE shown.tenant = ? AND position < ? ORDER BY position DESC LIMIT ?`,
    )
    .all(tenant, ...before, checkLimit(limit) + 1)
  return toPage(rows, limit, toErasure, ({ position }) => [position])
}

/** @throws RangeError for a stub that somebody has edited. */
function toErasure(row: StubRow): StoredErasure {
  const { tenant, collection, id, bytes, text_entries } = row
  const erasure = decodeErasure(bytes)
  if (erasure === null) throw new RangeError('the stub of an erasure cannot be read')
  const entries = erasure.entries + (text_entries ?? 0)
  return { key: { tenant, collection, id }, erasure, origin: originOf(row), entries }
}

/** Authors of raw changes and text are bound, field writes are logged, and other steps of the inbox are journaled. */
export function listContributions(sql: Statements, filter: ContributionFilter): Page<RecordKey> {
  const { tenant, subject, cursor } = filter
  const limit = checkLimit(filter.limit)
  const after = cursor === null ? ['', ''] : decodeCursor(cursor, ['string', 'string'])
  const rows = sql
    .prepare<unknown[], RecordKey>(
      `SELECT tenant, collection, id FROM (
          SELECT tenant, collection, record_id AS id FROM sluice_field_changes WHERE tenant = @tenant AND subject = @subject
          UNION SELECT tenant, collection, id FROM sluice_authors JOIN sluice_records USING (record)
            WHERE tenant = @tenant AND subject = @subject
          UNION SELECT tenant, collection, id FROM sluice_journal JOIN sluice_records USING (record)
            WHERE tenant = @tenant AND subject = @subject AND kind = 'inbox')
        WHERE (collection, id) > (@collection, @id) ORDER BY collection, id LIMIT @rows`,
    )
    .all({ tenant, subject, collection: after[0], id: after[1], rows: limit + 1 })
  return toPage(
    rows,
    limit,
    (row) => row,
    ({ collection, id }) => [collection, id],
  )
}
