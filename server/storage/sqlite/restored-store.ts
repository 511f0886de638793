/**
 * Makes a copy of a store the successor of what it was copied from. Clients may have been told of later commits:
 * the successor has a storage id of its own, so that no replica takes what the lost state had acknowledged for
 * stored, and its change log goes on at positions that the lost state cannot have reached.
 */
import type Database from 'better-sqlite3'
import { openReadConnection, openWriteConnection } from './connection.ts'
import { migrate } from './migrations.ts'
import { keepRevocation, scanRevocations } from './revocation-rows.ts'
import { Statements } from './statements.ts'
import { readMeta, writeMeta } from './store-meta.ts'

/** Positions behind `kept` and up to `skipped` belong to a state of the store that is no more. */
export interface LostPositions {
  readonly at: string
  readonly kept: number
  readonly skipped: number
}

/** More lines than a store gets between two restores. A position stays below 10¹⁵ for 200,000 restores. */
const GENERATION = 2 ** 32

const ALL = Number.MAX_SAFE_INTEGER

/** @param at ISO 8601. @throws Error if a newer program made the store. */
export function makeSuccessor(file: string, storageId: string, at: string): void {
  const db = openWriteConnection(file)
  try {
    migrate(db)
    db.transaction(() => {
      writeMeta(db, 'storage_id', storageId)
      const kept = lastPosition(db)
      const skipped = (Math.floor(kept / GENERATION) + 1) * GENERATION
      db.prepare("DELETE FROM sqlite_sequence WHERE name = 'sluice_field_changes'").run()
      db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('sluice_field_changes', ?)").run(skipped)
      const lost: LostPositions = { at, kept, skipped }
      writeMeta(db, 'lost_positions', JSON.stringify([...readLostPositions(db), lost]))
    }).immediate()
  } finally {
    db.close()
  }
}

/**
 * Keeps in force what was revoked after the copy had been made (W12). @param from the store that it takes the place of.
 * @returns how many revocations the copy did not have, or not as they are there.
 * @throws Error if that store cannot be read.
 */
export function carryRevocations(file: string, from: string): number {
  const old = openReadConnection(from)
  const db = openWriteConnection(file)
  try {
    const revocations = scanRevocations(new Statements(old), null, ALL)
    const sql = new Statements(db)
    const known = new Set(scanRevocations(sql, null, ALL).map((known) => JSON.stringify(known)))
    const lost = revocations.filter((revocation) => !known.has(JSON.stringify(revocation)))
    db.transaction(() => {
      for (const revocation of lost) keepRevocation(sql, revocation)
    }).immediate()
    return lost.length
  } finally {
    db.close()
    old.close()
  }
}

/** One per restore, oldest first. */
export function readLostPositions(db: Database.Database): readonly LostPositions[] {
  return JSON.parse(readMeta(db, 'lost_positions') ?? '[]') as readonly LostPositions[]
}

/** Whether no state of the store that still holds can have told a reader this position of the change log. */
export function isLostPosition({ db }: Statements, position: number): boolean {
  if (position > lastPosition(db)) return true
  return readLostPositions(db).some(({ kept, skipped }) => position > kept && position <= skipped)
}

function lastPosition(db: Database.Database): number {
  const row = db
    .prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'sluice_field_changes'")
    .get()
  return row?.seq ?? 0
}
