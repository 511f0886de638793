/**
 * Keeps a second server away from a store: an exclusive transaction, never ended, on an empty database
 * beside it. The operating system drops the lock with the process, however it dies, so none is left behind.
 */
import Database from 'better-sqlite3'

export interface StoreLock {
  release(): void
}

/** @throws Error if another server holds the store. */
export function lockStore(file: string): StoreLock {
  const db = new Database(`${file}-lock`, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error
    throw new Error(
      `Another Sluice server has ${file} open. Stop it first, or give this one a data folder of its own.`,
    )
  }
  return { release: () => void db.close() }
}
