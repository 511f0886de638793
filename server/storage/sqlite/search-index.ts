/** Keeps the full-text index over the plain text of records. It holds no text itself: that stands in the text columns. */
import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { WriteStatus } from './commit-plan.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { findRecordRow } from './record-row.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'

/** As its migration makes it anew. Never edit this text: add a migration. */
export const SEARCH_WITHOUT_TEXTS = `
DROP TABLE sluice_search;
CREATE VIRTUAL TABLE sluice_search
  USING fts5 (plain, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
-- Of the text that was indexed: SHA-256.
DROP TABLE sluice_search_entries;
CREATE TABLE sluice_search_entries (
  entry INTEGER PRIMARY KEY,
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  field TEXT NOT NULL,
  digest BLOB NOT NULL,
  UNIQUE (record, field)
) STRICT;
UPDATE sluice_records SET search_pending = 1 WHERE projected_text_version > 0;
`

/**
 * Bytes of a leaf of the index: two of them to a page of the file, instead of one, so that a small index leaves less of its
 * pages empty. As its migration sets it. Never edit this text: add a migration.
 */
export const SEARCH_LEAF_BYTES = "INSERT INTO sluice_search (sluice_search, rank) VALUES ('pgsz', 2000)"

/** Indexes a record's texts as its columns hold them, in place of what was indexed before. */
export function indexTexts(sql: Statements, shape: ProjectionShape, key: RecordKey): WriteStatus {
  const row = findRecordRow(sql, key)
  if (row === undefined) return 'committed'
  for (const [field, plain] of Object.entries(columnsOf(sql, shape, key)))
    if (plain !== null) indexText(sql, row.record, field, plain)
  sql.prepare('UPDATE sluice_records SET search_pending = 0 WHERE record = ?').run(row.record)
  return 'committed'
}

/** None for a record without a row, such as a deleted one, which is not found. */
function columnsOf(
  sql: Statements,
  { texts }: ProjectionShape,
  { tenant, collection, id }: RecordKey,
): Readonly<Record<string, string | null>> {
  const fields = texts.get(collection) ?? []
  if (fields.length === 0) return {}
  const columns = fields.map(quoted).join(', ')
  const row = sql
    .prepare<[string, string], Record<string, string | null>>(
      `SELECT ${columns} FROM ${quoted(collection)} WHERE tenant = ? AND id = ?`,
    )
    .get(tenant, id)
  return row ?? {}
}

function indexText(sql: Statements, record: number, field: string, plain: string): void {
  const digest = createHash('sha256').update(plain).digest()
  const known = sql
    .prepare<[number, string], { entry: number; digest: Uint8Array }>(
      'SELECT entry, digest FROM sluice_search_entries WHERE record = ? AND field = ?',
    )
    .get(record, field)
  // Of a record's texts most have not changed, and to index a large one takes long.
  if (known !== undefined && digest.equals(known.digest)) return
  if (known !== undefined) {
    sql.prepare('UPDATE sluice_search SET plain = ? WHERE rowid = ?').run(indexable(plain), known.entry)
    sql.prepare('UPDATE sluice_search_entries SET digest = ? WHERE entry = ?').run(digest, known.entry)
    return
  }
  const { lastInsertRowid } = sql
    .prepare('INSERT INTO sluice_search_entries (record, field, digest) VALUES (?, ?, ?)')
    .run(record, field, digest)
  sql.prepare('INSERT INTO sluice_search (rowid, plain) VALUES (?, ?)').run(lastInsertRowid, indexable(plain))
}

/** Takes every text of a record out of the index: a deleted record is not found. */
export function forgetTexts(sql: Statements, record: number): void {
  sql
    .prepare(
      'DELETE FROM sluice_search WHERE rowid IN (SELECT entry FROM sluice_search_entries WHERE record = ?)',
    )
    .run(record)
  sql.prepare('DELETE FROM sluice_search_entries WHERE record = ?').run(record)
}

/** Empties the index; deleting row by row would read every text. */
export function clearSearchIndex(db: Database.Database): void {
  db.exec(
    "INSERT INTO sluice_search (sluice_search) VALUES ('delete-all'); DELETE FROM sluice_search_entries",
  )
}

/** SQLite would take the text for ended at a NUL. */
const indexable = (plain: string): string => plain.replaceAll('\0', ' ')
