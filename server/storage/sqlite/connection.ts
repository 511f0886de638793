/** Opens the connections of a store: one that writes, in the writer thread, and one that only reads. */
import Database from 'better-sqlite3'

const BUSY_TIMEOUT_MS = 5_000
/** A WAL that a long reader let grow is cut back to this. */
const JOURNAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024
const SYNCHRONOUS_FULL = 2
/** Pages that a connection keeps for itself; better-sqlite3 would have 16 MiB, and the system keeps them anyway. */
const CACHE_KIB = 4 * 1024

/**
 * Opens for writing, durably (W4): better-sqlite3 is compiled with NORMAL as WAL's default, which loses
 * acknowledged commits when the power fails.
 * @throws Error if the file system cannot give WAL with full synchronization.
 */
export function openWriteConnection(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    const mode = db.pragma('journal_mode = WAL', { simple: true })
    if (mode !== 'wal') throw new Error(`${file} cannot use write-ahead logging: journal_mode is ${mode}.`)
    db.pragma('synchronous = FULL')
    const synchronous = db.pragma('synchronous', { simple: true })
    if (synchronous !== SYNCHRONOUS_FULL)
      throw new Error(`${file} would not be durable: synchronous is ${synchronous} instead of FULL.`)
    db.pragma('foreign_keys = ON')
    db.pragma(`cache_size = -${CACHE_KIB}`)
    db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens for reading; the writer must have opened the file before. */
export const openReadConnection = (file: string): Database.Database =>
  new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
