/**
 * The views for single roles (A9): made anew whenever a store is opened, since rules of access may have changed. As with
 * the projected tables, the driver drops only what it has created itself, exactly as it created it.
 */
import type Database from 'better-sqlite3'
import type { RoleView } from '../../projection/role-views.ts'
import { quoted } from './sql-identifier.ts'
import { readMeta, writeMeta } from './store-meta.ts'

/** @throws Error if something of somebody else has the name of a view. */
export function openRoleViews(db: Database.Database, views: readonly RoleView[]): void {
  const own: Record<string, string> = JSON.parse(readMeta(db, 'role_views') ?? '{}')
  for (const [name, definition] of Object.entries(own)) dropView(db, name, definition)
  const created: Record<string, string> = {}
  for (const view of views) {
    if (definitionOf(db, view.name) !== null)
      throw new Error(
        `The rules of access need a view "${view.name}", but ${db.name} has something of that name that Sluice did ` +
          'not make. Rename it.',
      )
    const definition = createViewSql(view)
    db.exec(definition)
    created[view.name] = definition
  }
  writeMeta(db, 'role_views', JSON.stringify(created))
}

const createViewSql = ({ name, table, columns }: RoleView): string =>
  `CREATE VIEW ${quoted(name)} AS SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(table)}`

function dropView(db: Database.Database, name: string, definition: string): void {
  const found = definitionOf(db, name)
  if (found === null) return
  if (found !== definition)
    throw new Error(
      `The view "${name}" was altered or replaced by hand, so Sluice will not drop it to make it anew. ` +
        'Rename or drop it, then start again.',
    )
  db.exec(`DROP VIEW ${quoted(name)}`)
}

function definitionOf(db: Database.Database, name: string): string | null {
  const row = db
    .prepare<[string], { sql: string | null }>('SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
    .get(name)
  return row === undefined ? null : (row.sql ?? '')
}
