/**
 * The indexes that list the change log by what it is asked for, as their migration creates them: each filter
 * finds its lines in order of position. Never edit this text: add a migration.
 */
export const CHANGE_LOG_INDEXES = `
CREATE INDEX sluice_field_changes_by_position ON sluice_field_changes (tenant, position);
CREATE INDEX sluice_field_changes_by_collection ON sluice_field_changes (tenant, collection, position);
CREATE INDEX sluice_field_changes_by_author ON sluice_field_changes (tenant, subject, position);
CREATE INDEX sluice_field_changes_by_outcome ON sluice_field_changes (tenant, outcome, position);
`
