/** Writes the rows of `sluice_journal`. */
import type { ChainedEntry, Lane } from '../../plan/plan.ts'
import type { Statements } from './statements.ts'

/** @returns the entry's position. */
export function appendJournal(
  sql: Statements,
  record: number,
  lane: Lane,
  version: number,
  { kind, bytes, hash, rejected, schema, chain, origin }: ChainedEntry,
): number {
  const { lastInsertRowid } = sql
    .prepare(
      `INSERT INTO sluice_journal (record, lane, version, kind, bytes, hash, rejected, schema, chain,
          subject, roles, session, door, device, metadata, claimed_at, received_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    // By place: finding each value by its name would take as long as all the rest.
    .run(
      record,
      lane,
      version,
      kind,
      bytes,
      hash,
      rejected === undefined ? null : JSON.stringify(rejected),
      schema,
      chain,
      origin.subject,
      JSON.stringify(origin.roles),
      origin.session,
      origin.door,
      origin.device,
      JSON.stringify(origin.metadata),
      origin.claimedAt,
      origin.receivedAt,
    )
  return Number(lastInsertRowid)
}
