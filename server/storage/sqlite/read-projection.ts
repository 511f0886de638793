/** Reads projected rows as they are, for comparison with the journal (S3). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { SqlRow } from '../../projection/table-layout.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'

export function tableRows(
  sql: Statements,
  shape: ProjectionShape,
  key: RecordKey,
): ReadonlyMap<string, readonly SqlRow[]> {
  const { tenant, collection, id } = key
  const isOfCollection = (name: string): boolean => name === collection || name.startsWith(`${collection}_`)
  const rows = shape.tables
    .filter(({ name }) => isOfCollection(name))
    .map(({ name, columns, primaryKey }): [string, readonly SqlRow[]] => {
      const owner = name === collection ? 'id' : 'record_id'
      if (!primaryKey.includes(owner)) return [name, []]
      const named = columns.map((column) => quoted(column.name)).join(', ')
      const select = `SELECT ${named} FROM ${quoted(name)} WHERE tenant = ? AND ${quoted(owner)} = ?`
      return [name, sql.prepare<[string, string], SqlRow>(select).all(tenant, id)]
    })
  return new Map(rows)
}

export const countRows = (sql: Statements, shape: ProjectionShape): ReadonlyMap<string, number> =>
  new Map(
    shape.tables.map(({ name }) => [
      name,
      sql.prepare<[], { readonly count: number }>(`SELECT count(*) AS count FROM ${quoted(name)}`).get()
        ?.count ?? 0,
    ]),
  )
