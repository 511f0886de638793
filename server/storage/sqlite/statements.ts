/** The prepared statements of one connection, kept by their SQL: each is compiled once. */
import type Database from 'better-sqlite3'

/** Filters make new SQL now and then; past this many statements all are compiled anew. */
const STATEMENTS_MAX = 500

export class Statements {
  readonly db: Database.Database
  readonly #kept = new Map<string, unknown>()

  constructor(db: Database.Database) {
    this.db = db
  }

  /** @param sql names the columns of `Row`; values are always bound, never part of it. */
  prepare<Parameters extends unknown[] | object = unknown[], Row = unknown>(
    sql: string,
  ): Database.Statement<Parameters, Row> {
    const kept = this.#kept.get(sql) as Database.Statement<Parameters, Row> | undefined
    if (kept !== undefined) return kept
    if (this.#kept.size >= STATEMENTS_MAX) this.#kept.clear()
    const statement = this.db.prepare<Parameters, Row>(sql) as Database.Statement<Parameters, Row>
    this.#kept.set(sql, statement)
    return statement
  }

  /** Runs reads that belong together on one snapshot of the store. */
  snapshot<T>(read: () => T): T {
    this.prepare('BEGIN').run()
    try {
      return read()
    } finally {
      // After an I/O error SQLite has ended the transaction itself.
      if (this.db.inTransaction) this.prepare('COMMIT').run()
    }
  }
}
