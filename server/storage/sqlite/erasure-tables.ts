/**
 * What erasures have added to the system tables, as their migration does (E2). The journal's stubs are the truth;
 * the view shows them. Never edit this text: add a migration.
 */
export const ERASURE_TABLES = `
-- Of a record that was erased: whether it may begin anew. NULL once it has, and for all others.
ALTER TABLE sluice_records ADD COLUMN erased TEXT CHECK (erased IN ('sealed', 'open'));
CREATE INDEX sluice_journal_stubs ON sluice_journal (record, lane, version) WHERE kind = 'erasure';
CREATE INDEX sluice_journal_erased_documents ON sluice_journal (CAST(bytes AS TEXT) ->> '$.documentId')
  WHERE kind = 'erasure' AND lane = 'fields';
CREATE INDEX sluice_journal_steps ON sluice_journal (subject) WHERE kind = 'inbox';
CREATE INDEX sluice_authors_by_subject ON sluice_authors (subject);
CREATE VIEW sluice_erasures AS
  SELECT stub.position, tenant, collection, id, CAST(stub.bytes AS TEXT) ->> '$.epoch' AS epoch,
      CAST(stub.bytes AS TEXT) ->> '$.documentId' AS document_id, CAST(stub.bytes AS TEXT) ->> '$.reason' AS reason,
      CAST(stub.bytes AS TEXT) ->> '$.allowNew' AS allow_new,
      CAST(stub.bytes AS TEXT) ->> '$.entries' AS fields_entries,
      (SELECT CAST(other.bytes AS TEXT) ->> '$.entries' FROM sluice_journal AS other
        WHERE other.record = stub.record AND other.lane = 'text' AND other.kind = 'erasure'
          AND CAST(other.bytes AS TEXT) ->> '$.epoch' = CAST(stub.bytes AS TEXT) ->> '$.epoch') AS text_entries,
      stub.subject AS erased_by, stub.received_at AS erased_at
    FROM sluice_journal AS stub JOIN sluice_records USING (record)
    WHERE stub.kind = 'erasure' AND stub.lane = 'fields';
`
