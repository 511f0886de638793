/** Signed checkpoints (S7) as rows of `sluice_checkpoints`. */
import type { Checkpoint } from '../audit-storage.ts'
import type { WriteStatus } from './commit-plan.ts'
import { checkLimit } from './cursor.ts'
import type { Statements } from './statements.ts'

const COLUMNS = 'number, at, position, heads, previous, key_id AS keyId, digest, signature'

export const newestCheckpoint = (sql: Statements): Checkpoint | null =>
  sql
    .prepare<[], Checkpoint>(`SELECT ${COLUMNS} FROM sluice_checkpoints ORDER BY number DESC LIMIT 1`)
    .get() ?? null

/** The first one that covers a position of the journal. */
export const coveringCheckpoint = (sql: Statements, position: number): Checkpoint | null =>
  sql
    .prepare<[number], Checkpoint>(
      `SELECT ${COLUMNS} FROM sluice_checkpoints WHERE position >= ? ORDER BY position LIMIT 1`,
    )
    .get(position) ?? null

export const scanCheckpoints = (sql: Statements, after: number, limit: number): readonly Checkpoint[] =>
  sql
    .prepare<[number, number], Checkpoint>(
      `SELECT ${COLUMNS} FROM sluice_checkpoints WHERE number > ? ORDER BY number LIMIT ?`,
    )
    .all(after, checkLimit(limit))

/** @returns `stale` if it does not follow the newest one: somebody else has made one meanwhile. */
export function writeCheckpoint(sql: Statements, checkpoint: Checkpoint): WriteStatus {
  const newest = newestCheckpoint(sql)
  if (checkpoint.number !== (newest?.number ?? 0) + 1) return 'stale'
  if (checkpoint.previous !== (newest?.digest ?? null)) return 'stale'
  sql
    .prepare(
      `INSERT INTO sluice_checkpoints (number, at, position, heads, previous, key_id, digest, signature)
        VALUES (@number, @at, @position, @heads, @previous, @keyId, @digest, @signature)`,
    )
    .run(checkpoint)
  return 'committed'
}
