/**
 * Brings the system tables of a store to the version that this program knows. Each migration runs once, in
 * a transaction of its own, and is recorded in `sluice_migrations`. Migrations are never edited or reordered.
 */
import type Database from 'better-sqlite3'
import { ANSWER_AGE_INDEX } from './answer-rows.ts'
import { AUDIT_TABLES } from './audit-tables.ts'
import { CHANGE_LOG_INDEXES } from './change-log-indexes.ts'
import { COMPACTION_TABLES } from './compaction-tables.ts'
import { COMPARTMENT_TABLE } from './compartment-rows.ts'
import { CONFLICT_COUNT_INDEX } from './conflict-count-index.ts'
import { ERASURE_TABLES } from './erasure-tables.ts'
import { FORGOTTEN_EVENTS, INBOX_COLUMNS } from './inbox-columns.ts'
import { OUTBOX_AGE_INDEX } from './outbox-rows.ts'
import { POLICY_COLUMNS } from './policy-columns.ts'
import { REVISION_COLUMN } from './revision-column.ts'
import { REVOCATION_TABLE } from './revocation-table.ts'
import { SEARCH_LEAF_BYTES, SEARCH_WITHOUT_TEXTS } from './search-index.ts'
import { UNDECIDED_INDEX } from './sqlite-inspection.ts'
import { SEARCH_PENDING_COLUMN } from './sqlite-search.ts'
import { SYSTEM_TABLES } from './system-tables.ts'

interface Migration {
  readonly name: string
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  { name: 'system tables', sql: SYSTEM_TABLES },
  { name: 'indexes of the change log', sql: CHANGE_LOG_INDEXES },
  { name: 'columns of policies', sql: POLICY_COLUMNS },
  { name: 'chain, checkpoints and schemas', sql: AUDIT_TABLES },
  { name: 'life of a conflict', sql: INBOX_COLUMNS },
  { name: 'revocations', sql: REVOCATION_TABLE },
  { name: 'erasures', sql: ERASURE_TABLES },
  { name: 'compartments', sql: COMPARTMENT_TABLE },
  { name: 'revisions of records', sql: REVISION_COLUMN },
  { name: 'index for counting conflicts', sql: CONFLICT_COUNT_INDEX },
  { name: 'compactions', sql: COMPACTION_TABLES },
  { name: 'index of what is undecided', sql: UNDECIDED_INDEX },
  { name: 'mark of texts to be indexed', sql: SEARCH_PENDING_COLUMN },
  { name: 'index of kept answers by age', sql: ANSWER_AGE_INDEX },
  { name: 'search index without texts', sql: SEARCH_WITHOUT_TEXTS },
  { name: 'index of the outbox by age', sql: OUTBOX_AGE_INDEX },
  { name: 'snapshots with what is in force', sql: "DELETE FROM sluice_snapshots WHERE lane <> 'text'" },
  { name: 'smaller leaves of the search index', sql: SEARCH_LEAF_BYTES },
  { name: 'forgotten events of conflicts', sql: FORGOTTEN_EVENTS },
  { name: 'snapshots with ancestry as it lies', sql: "DELETE FROM sluice_snapshots WHERE lane <> 'text'" },
  { name: 'snapshots with the newest history', sql: "DELETE FROM sluice_snapshots WHERE lane <> 'text'" },
]

/** @throws Error, before anything is written, if a newer program made the store. */
export function migrate(db: Database.Database): void {
  const version = recordedVersion(db)
  if (version > migrations.length)
    throw new Error(
      `${db.name} was made by a newer Sluice: its tables have version ${version}, this program knows ` +
        `${migrations.length}. Start the newer program.`,
    )
  for (const [index, migration] of migrations.entries())
    if (index >= version) db.transaction(() => apply(db, index + 1, migration)).immediate()
}

function recordedVersion(db: Database.Database): number {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sluice_migrations'").get()
  if (table === undefined) return 0
  const row = db
    .prepare<[], { version: number }>('SELECT COALESCE(MAX(version), 0) AS version FROM sluice_migrations')
    .get()
  return row?.version ?? 0
}

function apply(db: Database.Database, version: number, migration: Migration): void {
  if (version === 1)
    db.exec(
      `CREATE TABLE sluice_migrations (
        version INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
      ) STRICT`,
    )
  db.exec(migration.sql)
  db.prepare('INSERT INTO sluice_migrations (version, name) VALUES (?, ?)').run(version, migration.name)
}
