/**
 * The system tables (S1), as the first migration creates them. People read them with the sqlite3 shell:
 * JSON is text, times are ISO 8601, names are the vocabulary's. Never edit this text: add a migration.
 */
export const SYSTEM_TABLES = `
CREATE TABLE sluice_meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sluice_records (
  record INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  document_id TEXT NOT NULL UNIQUE,
  fields_version INTEGER NOT NULL DEFAULT 0,
  text_version INTEGER NOT NULL DEFAULT 0,
  projected_text_version INTEGER NOT NULL DEFAULT 0,
  -- Journal position of the first text update that the text columns do not show; NULL when they show all.
  text_pending_from INTEGER,
  heads TEXT NOT NULL DEFAULT '[]',
  fields TEXT NOT NULL DEFAULT '{}',
  disputed TEXT NOT NULL DEFAULT '{}',
  deleted INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (tenant, collection, id)
) STRICT;
CREATE INDEX sluice_records_pending ON sluice_records (text_pending_from)
  WHERE text_pending_from IS NOT NULL;

CREATE TABLE sluice_journal (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  lane TEXT NOT NULL CHECK (lane IN ('fields', 'text') OR lane GLOB 'fields:?*'),
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  bytes BLOB NOT NULL,
  hash TEXT,
  subject TEXT NOT NULL,
  session TEXT NOT NULL,
  door TEXT NOT NULL,
  device TEXT,
  metadata TEXT NOT NULL,
  claimed_at TEXT,
  received_at TEXT NOT NULL,
  UNIQUE (record, lane, version)
) STRICT;

CREATE TABLE sluice_snapshots (
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  lane TEXT NOT NULL CHECK (lane IN ('fields', 'text') OR lane GLOB 'fields:?*'),
  version INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (record, lane)
) STRICT;

CREATE TABLE sluice_authors (
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  author TEXT NOT NULL,
  subject TEXT NOT NULL,
  PRIMARY KEY (record, author)
) STRICT, WITHOUT ROWID;

CREATE TABLE sluice_conflicts (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  fields TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  base TEXT NOT NULL,
  in_force TEXT NOT NULL,
  incumbent TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  resolution TEXT,
  events TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX sluice_conflicts_newest ON sluice_conflicts (tenant, opened_at, id);
CREATE INDEX sluice_conflicts_by_state ON sluice_conflicts (tenant, state, opened_at, id);
CREATE INDEX sluice_conflicts_by_record ON sluice_conflicts (tenant, collection, record_id, opened_at, id);

CREATE TABLE sluice_conflict_sides (
  tenant TEXT NOT NULL,
  conflict_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  side_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('incumbent', 'alongside', 'challenger')),
  operation TEXT NOT NULL,
  value TEXT NOT NULL,
  author TEXT NOT NULL,
  session TEXT NOT NULL,
  door TEXT NOT NULL,
  device TEXT,
  metadata TEXT NOT NULL,
  claimed_at TEXT,
  received_at TEXT NOT NULL,
  saw_version TEXT NOT NULL,
  change_hash TEXT NOT NULL,
  superseded_by TEXT,
  PRIMARY KEY (tenant, conflict_id, ordinal),
  FOREIGN KEY (tenant, conflict_id) REFERENCES sluice_conflicts (tenant, id)
) STRICT;

CREATE TABLE sluice_field_changes (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  operation TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT,
  conflict_id TEXT,
  change_hash TEXT NOT NULL,
  subject TEXT NOT NULL,
  session TEXT NOT NULL,
  door TEXT NOT NULL,
  device TEXT,
  metadata TEXT NOT NULL,
  claimed_at TEXT,
  received_at TEXT NOT NULL
) STRICT;
CREATE INDEX sluice_field_changes_by_record ON sluice_field_changes (tenant, collection, record_id, position);

CREATE TABLE sluice_outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  event TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sluice_answers (
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (tenant, subject, key)
) STRICT, WITHOUT ROWID;

-- The rowid of sluice_search is the entry here, so that one text is found again without a scan.
CREATE TABLE sluice_search_entries (
  entry INTEGER PRIMARY KEY,
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  field TEXT NOT NULL,
  UNIQUE (record, field)
) STRICT;
CREATE VIRTUAL TABLE sluice_search USING fts5 (plain, tokenize = 'unicode61 remove_diacritics 2');
`
