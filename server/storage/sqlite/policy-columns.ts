/**
 * What policies have added to the system tables, as their migration does: an author's roles, the rule that a
 * rejected write breaks, and an event's own id, which tells a repetition. Never edit this text: add a migration.
 */
export const POLICY_COLUMNS = `
ALTER TABLE sluice_journal ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sluice_journal ADD COLUMN rejected TEXT;
ALTER TABLE sluice_field_changes ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sluice_field_changes ADD COLUMN code TEXT;
ALTER TABLE sluice_conflict_sides ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sluice_outbox ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX sluice_outbox_by_event ON sluice_outbox (tenant, event_id) WHERE event_id <> '';
`
