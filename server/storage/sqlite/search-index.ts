/** Keeps the full-text index over the plain text of records. */
import type Database from 'better-sqlite3'
import { START_MARK, STOP_MARK } from './search-texts.ts'
import type { Statements } from './statements.ts'

/** Indexes one text of a record, in place of what was indexed of it before. */
export function indexText(sql: Statements, record: number, field: string, plain: string): void {
  const indexed = withoutMarks(plain)
  const known = sql
    .prepare<[number, string], { entry: number }>(
      'SELECT entry FROM sluice_search_entries WHERE record = ? AND field = ?',
    )
    .get(record, field)
  if (known !== undefined) {
    sql.prepare('UPDATE sluice_search SET plain = ? WHERE rowid = ?').run(indexed, known.entry)
    return
  }
  const { lastInsertRowid } = sql
    .prepare('INSERT INTO sluice_search_entries (record, field) VALUES (?, ?)')
    .run(record, field)
  sql.prepare('INSERT INTO sluice_search (rowid, plain) VALUES (?, ?)').run(lastInsertRowid, indexed)
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
  const definition = db
    .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'sluice_search'")
    .get()
  if (definition === undefined) throw new RangeError('the search index is created by the first migration')
  db.exec(`DROP TABLE sluice_search; ${definition.sql}; DELETE FROM sluice_search_entries`)
}

/** The excerpt's own marks, and NUL, at which SQLite would cut it, may not come from the text. */
const withoutMarks = (plain: string): string =>
  plain.replaceAll(START_MARK, ' ').replaceAll(STOP_MARK, ' ').replaceAll('\0', ' ')
