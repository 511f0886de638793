/** Executes table writes on the projected tables (S1), and on no others. */
import type { SqlRow, SqlValue, TableWrite } from '../../projection/table-layout.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'

export class TableWriter {
  readonly #sql: Statements
  readonly #tables: ReadonlySet<string>

  constructor(sql: Statements, shape: ProjectionShape) {
    this.#sql = sql
    this.#tables = new Set(shape.tables.map((table) => table.name))
  }

  /** @throws RangeError for a table that the schema does not project to. */
  write(write: TableWrite): void {
    if (!this.#tables.has(write.table)) throw new RangeError(`"${write.table}" is not a projected table`)
    switch (write.op) {
      case 'upsert':
        return this.#upsert(write.table, write.row)
      case 'delete':
        return this.#delete(write.table, 'id', write.tenant, write.id)
      case 'replace':
        this.#delete(write.table, 'record_id', write.tenant, write.recordId)
        for (const row of write.rows) this.#insert(write.table, row)
        return
      case 'change':
        return this.#change(write)
    }
  }

  #change({ table, tenant, recordId, by, removed, rows }: Extract<TableWrite, { op: 'change' }>): void {
    const key = quoted(by)
    const gone = this.#sql.prepare(
      `DELETE FROM ${quoted(table)} WHERE tenant = ? AND record_id = ? AND ${key} = ?`,
    )
    for (const value of removed) gone.run(tenant, recordId, bound(value))
    const action = ` ON CONFLICT (tenant, record_id, ${key}) DO UPDATE SET value = excluded.value`
    for (const row of rows) this.#insert(table, row, action)
  }

  #upsert(table: string, row: SqlRow): void {
    const updates = Object.keys(row)
      .filter((column) => column !== 'tenant' && column !== 'id')
      .map((column) => `${quoted(column)} = excluded.${quoted(column)}`)
    const action = updates.length === 0 ? 'NOTHING' : `UPDATE SET ${updates.join(', ')}`
    this.#insert(table, row, ` ON CONFLICT (tenant, id) DO ${action}`)
  }

  #insert(table: string, row: SqlRow, onConflict = ''): void {
    const columns = Object.keys(row)
    const places = columns.map(() => '?').join(', ')
    this.#sql
      .prepare(
        `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) VALUES (${places})${onConflict}`,
      )
      .run(...Object.values(row).map(bound))
  }

  #delete(table: string, owner: 'id' | 'record_id', tenant: string, id: string): void {
    this.#sql.prepare(`DELETE FROM ${quoted(table)} WHERE tenant = ? AND ${owner} = ?`).run(tenant, id)
  }
}

/** A whole number is bound as one: better-sqlite3 binds numbers as REAL, and untyped columns keep that. */
const bound = (value: SqlValue): SqlValue | bigint =>
  typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
