/**
 * Chain and schema of journal entries, checkpoints and schema definitions (S7, S8), as their migration creates
 * them. Never edit this text: add a migration.
 */
export const AUDIT_TABLES = `
ALTER TABLE sluice_journal ADD COLUMN schema TEXT;
ALTER TABLE sluice_journal ADD COLUMN chain TEXT NOT NULL DEFAULT '';

CREATE TABLE sluice_schemas (
  digest TEXT PRIMARY KEY,
  collection TEXT NOT NULL,
  definition TEXT NOT NULL,
  first_seen_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE sluice_checkpoints (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  -- The journal up to and with this position is covered.
  position INTEGER NOT NULL,
  -- JSON, one row per lane that has changed: tenant, collection, id, lane, version, chain.
  heads TEXT NOT NULL,
  previous TEXT,
  key_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;
`
