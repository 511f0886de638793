/**
 * What compactions have added to the system tables, as their migration does (S10): where a checkpoint is found by what it
 * covers, and a view that says who has joined what. Never edit this text: add a migration.
 */
export const COMPACTION_TABLES = `
CREATE INDEX sluice_checkpoints_by_position ON sluice_checkpoints (position);
CREATE INDEX sluice_journal_compactions ON sluice_journal (record) WHERE kind = 'compaction';
CREATE VIEW sluice_compactions AS
  SELECT position, tenant, collection, id, version AS through, metadata ->> '$.entries' AS entries,
      metadata ->> '$.from' AS from_at, metadata ->> '$.to' AS to_at, metadata -> '$.contributions' AS contributions,
      length(bytes) AS bytes, subject AS compacted_by, received_at AS compacted_at
    FROM sluice_journal JOIN sluice_records USING (record)
    WHERE kind = 'compaction';
`
