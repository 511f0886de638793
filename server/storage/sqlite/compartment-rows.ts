/** The documents of a record beside its main one: a row for each, which every write to its lane starts from. */
import type { CompartmentView } from '../../plan/plan.ts'
import type { Statements } from './statements.ts'

/** As its migration creates it. Never edit this text: add a migration. */
export const COMPARTMENT_TABLE = `
CREATE TABLE sluice_compartments (
  record INTEGER NOT NULL REFERENCES sluice_records (record),
  compartment TEXT NOT NULL,
  document_id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  heads TEXT NOT NULL DEFAULT '[]',
  -- The fields that have been written in the document.
  fields TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (record, compartment)
) STRICT, WITHOUT ROWID;
`

export const compartmentVersion = (sql: Statements, record: number, compartment: string): number =>
  sql
    .prepare<[number, string], { version: number }>(
      'SELECT version FROM sluice_compartments WHERE record = ? AND compartment = ?',
    )
    .get(record, compartment)?.version ?? 0

export const compartmentNames = (sql: Statements, record: number): readonly string[] =>
  sql
    .prepare<[number], { compartment: string }>(
      'SELECT compartment FROM sluice_compartments WHERE record = ? ORDER BY compartment',
    )
    .all(record)
    .map(({ compartment }) => compartment)

export function advanceCompartment(
  sql: Statements,
  record: number,
  { compartment, documentId, version }: { compartment: string; documentId: string; version: number },
): void {
  sql
    .prepare(
      `INSERT INTO sluice_compartments (record, compartment, document_id, version) VALUES (?, ?, ?, ?)
        ON CONFLICT (record, compartment) DO UPDATE SET version = excluded.version`,
    )
    .run(record, compartment, documentId, version)
}

/** What begins anew is another document, which nobody has written yet. */
export function eraseCompartment(
  sql: Statements,
  record: number,
  { compartment, documentId, version }: { compartment: string; documentId: string; version: number },
): void {
  sql
    .prepare(
      `UPDATE sluice_compartments SET document_id = ?, version = ?, heads = '[]', fields = '[]'
        WHERE record = ? AND compartment = ?`,
    )
    .run(documentId, version, record, compartment)
}

export function showCompartment(
  sql: Statements,
  record: number,
  { compartment, heads, fields }: CompartmentView,
): void {
  sql
    .prepare('UPDATE sluice_compartments SET heads = ?, fields = ? WHERE record = ? AND compartment = ?')
    .run(JSON.stringify(heads), JSON.stringify(fields), record, compartment)
}

/** A column of a query on `sluice_records AS r`: its compartments that hold anything, as `readCompartments` takes them. */
export const COMPARTMENTS_COLUMN = `(SELECT json_group_array(json_array(compartment, document_id, json(heads), json(fields)))
  FROM (SELECT compartment, document_id, heads, fields FROM sluice_compartments AS c
    WHERE c.record = r.record AND c.heads <> '[]'
    ORDER BY compartment)) AS compartments`

export const readCompartments = (column: string): readonly CompartmentView[] =>
  (JSON.parse(column) as readonly [string, string, readonly string[], readonly string[]][]).map(
    ([compartment, documentId, heads, fields]) => ({ compartment, documentId, heads, fields }),
  )
