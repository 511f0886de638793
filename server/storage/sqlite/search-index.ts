/** Keeps the full-text index over the plain text of records. */
import type Database from 'better-sqlite3'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { WriteStatus } from './commit-plan.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { findRecordRow } from './record-row.ts'
import { START_MARK, STOP_MARK } from './search-texts.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'

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
  const indexed = withoutMarks(plain)
  const known = sql
    .prepare<[number, string], { entry: number }>(
      'SELECT entry FROM sluice_search_entries WHERE record = ? AND field = ?',
    )
    .get(record, field)
  if (known !== undefined) {
    if (indexed === indexedAs(sql, known.entry)) return
    sql.prepare('UPDATE sluice_search SET plain = ? WHERE rowid = ?').run(indexed, known.entry)
    return
  }
  const { lastInsertRowid } = sql
    .prepare('INSERT INTO sluice_search_entries (record, field) VALUES (?, ?)')
    .run(record, field)
  sql.prepare('INSERT INTO sluice_search (rowid, plain) VALUES (?, ?)').run(lastInsertRowid, indexed)
}

const indexedAs = (sql: Statements, entry: number): string | undefined =>
  sql.prepare<[number], string>('SELECT plain FROM sluice_search WHERE rowid = ?').pluck().get(entry)

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
  const definition = db
    .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'sluice_search'")
    .get()
  if (definition === undefined) throw new RangeError('the search index is created by the first migration')
  db.exec(`DROP TABLE sluice_search; ${definition.sql}; DELETE FROM sluice_search_entries`)
}

/** The excerpt's own marks, and NUL, at which SQLite would cut it, may not come from the text. */
const withoutMarks = (plain: string): string =>
  plain.replaceAll(START_MARK, ' ').replaceAll(STOP_MARK, ' ').replaceAll('\0', ' ')
