/**
 * What the life of a conflict has added to the system tables, as its migration does: who is to decide it, the
 * decision that waits for approval, and the indexes that the inbox is filtered by. Never edit this text: add a
 * migration.
 */
export const INBOX_COLUMNS = `
ALTER TABLE sluice_conflicts ADD COLUMN assignee TEXT;
-- JSON; NULL when no decision waits for approval.
ALTER TABLE sluice_conflicts ADD COLUMN proposal TEXT;
CREATE INDEX sluice_conflicts_by_assignee ON sluice_conflicts (tenant, assignee, opened_at, id);
CREATE INDEX sluice_conflicts_by_kind ON sluice_conflicts (tenant, kind, opened_at, id);
CREATE INDEX sluice_conflict_sides_by_author ON sluice_conflict_sides (tenant, author, conflict_id);

-- A conflict's fields, one row each, so that the inbox of one field is found without reading all of it.
CREATE TABLE sluice_conflict_fields (
  tenant TEXT NOT NULL,
  field TEXT NOT NULL,
  conflict_id TEXT NOT NULL,
  PRIMARY KEY (tenant, field, conflict_id),
  FOREIGN KEY (tenant, conflict_id) REFERENCES sluice_conflicts (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sluice_conflict_fields_by_conflict ON sluice_conflict_fields (tenant, conflict_id);
INSERT INTO sluice_conflict_fields (tenant, field, conflict_id)
  SELECT DISTINCT tenant, json_each.value, sluice_conflicts.id FROM sluice_conflicts, json_each(sluice_conflicts.fields);
`

/** How many of a conflict's events are not kept any more, which snapshots tell, too. Never edit this text: add a migration. */
export const FORGOTTEN_EVENTS = `
ALTER TABLE sluice_conflicts ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
DELETE FROM sluice_snapshots WHERE lane <> 'text';
`
