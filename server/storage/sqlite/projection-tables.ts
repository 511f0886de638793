/**
 * The projected tables of a store (S1, S3): created from the schema's layout, dropped when the layout has
 * changed. The driver drops only what it has created itself, exactly as it created it; a table that belongs
 * to somebody else is never touched.
 */
import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Column, ColumnType, Table } from '../../projection/table-layout.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { clearSearchIndex } from './search-index.ts'
import { quoted } from './sql-identifier.ts'
import { readMeta, writeMeta } from './store-meta.ts'
import { structureColumnsSql } from './structure-columns.ts'

/** No type means that SQLite keeps each value as it is. */
const columnTypes: Readonly<Record<ColumnType, string>> = {
  text: ' TEXT',
  integer: ' INTEGER',
  real: ' REAL',
  json: ' TEXT',
  any: '',
}

const columnSql = (column: Column): string =>
  column.structureOf !== undefined
    ? structureColumnsSql(column.structureOf)
    : `${quoted(column.name)}${columnTypes[column.type]}${column.notNull === true ? ' NOT NULL' : ''}`

export function createTableSql(table: Table): string {
  const columns = table.columns.map(columnSql).join(', ')
  return `CREATE TABLE ${quoted(table.name)} (${columns}, PRIMARY KEY (${table.primaryKey.map(quoted).join(', ')}))`
}

/**
 * Makes the projected tables fit the shape when a store is opened. They are emptied when their layout has
 * changed, one of them is missing, or a rebuild was cut short.
 * @returns whether they must be rebuilt.
 * @throws Error if a table of somebody else is in the way.
 */
export function openProjection(db: Database.Database, shape: ProjectionShape): boolean {
  const current =
    readMeta(db, 'projection_fingerprint') === fingerprint(shape) &&
    readMeta(db, 'projection_state') === 'fresh' &&
    [...ownTables(db).keys()].every((name) => definitionOf(db, name) !== null)
  if (current) return false
  recreateProjection(db, shape)
  // A store without records has nothing to rebuild.
  if (db.prepare('SELECT 1 FROM sluice_records LIMIT 1').get() !== undefined) return true
  markProjectionFresh(db)
  return false
}

/** Drops the projected tables, creates them empty, and marks every text as unprojected. */
export function recreateProjection(db: Database.Database, shape: ProjectionShape): void {
  for (const [name, definition] of ownTables(db)) dropOwnTable(db, name, definition)
  const created: Record<string, string> = {}
  for (const table of shape.tables) {
    created[table.name] = createTableSql(table)
    createTable(db, table)
  }
  writeMeta(db, 'projected_tables', JSON.stringify(created))
  writeMeta(db, 'projection_fingerprint', fingerprint(shape))
  writeMeta(db, 'projection_state', 'stale')
  clearSearchIndex(db)
  // The present epoch of a text begins behind the newest stub (E2).
  db.exec(`UPDATE sluice_records SET revision = revision + 1, projected_text_version =
    (SELECT COALESCE(MAX(version), 0) FROM sluice_journal AS entry
      WHERE entry.record = sluice_records.record AND lane = 'text' AND kind = 'erasure')`)
  db.exec(`UPDATE sluice_records SET text_pending_from =
    (SELECT position FROM sluice_journal AS entry
      WHERE entry.record = sluice_records.record AND lane = 'text' AND version > projected_text_version
      ORDER BY version LIMIT 1)`)
}

export const markProjectionFresh = (db: Database.Database): void => writeMeta(db, 'projection_state', 'fresh')

function fingerprint(shape: ProjectionShape): string {
  const digest = createHash('sha256')
  for (const table of shape.tables) digest.update(`${createTableSql(table)};\n`)
  return digest.digest('hex')
}

function ownTables(db: Database.Database): ReadonlyMap<string, string> {
  const own: Record<string, string> = JSON.parse(readMeta(db, 'projected_tables') ?? '{}')
  return new Map(Object.entries(own))
}

/** The SQL that made a table, view or index, as SQLite keeps it; null if there is nothing of that name. */
function definitionOf(db: Database.Database, name: string): string | null {
  const row = db
    .prepare<[string], { sql: string | null }>('SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
    .get(name)
  return row === undefined ? null : (row.sql ?? '')
}

function dropOwnTable(db: Database.Database, name: string, definition: string): void {
  const found = definitionOf(db, name)
  if (found === null) return
  if (found !== definition)
    throw new Error(
      `The table "${name}" was altered or replaced by hand, so Sluice will not drop it to rebuild it. ` +
        'Rename or drop it, then start again: projected tables are rebuilt from the journal.',
    )
  db.exec(`DROP TABLE ${quoted(name)}`)
}

function createTable(db: Database.Database, table: Table): void {
  if (definitionOf(db, table.name) !== null)
    throw new Error(
      `The schema needs a table "${table.name}", but ${db.name} has one of that name that Sluice did not ` +
        'make. Rename one of them.',
    )
  db.exec(createTableSql(table))
}
