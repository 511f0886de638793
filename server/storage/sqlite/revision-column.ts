/** The column that says when what a record shows has changed; every statement that changes it counts it up. */

/** As its migration creates it. Never edit this text: add a migration. */
export const REVISION_COLUMN = `
ALTER TABLE sluice_records ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
`
