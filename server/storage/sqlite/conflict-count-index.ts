/** The index in which the inbox is counted, as its migration makes it. Never edit this text: add a migration. */
export const CONFLICT_COUNT_INDEX = `
CREATE INDEX sluice_conflicts_counted ON sluice_conflicts (tenant, collection, state, kind, fields);
`
