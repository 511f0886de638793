/**
 * Removes what was erased from the files themselves (E6). A deleted row lies in free pages and in the write-ahead log
 * until they happen to be used again, and a deleted term in a segment of the search index until that is merged.
 */
import type Database from 'better-sqlite3'
import { readMeta, removeMeta } from './store-meta.ts'

/**
 * Writes the whole file anew and empties the log; it takes as long as that does. Cut short, it is repeated as a whole.
 * @returns false if a reader, such as a backup that runs, still holds an old state of the file.
 */
export function cleanStore(db: Database.Database): boolean {
  if (readMeta(db, 'unclean') === null) return true
  db.exec("INSERT INTO sluice_search (sluice_search) VALUES ('optimize')")
  db.exec('VACUUM')
  // The row that this mark is deleted from is written to an empty log.
  if (db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0) return false
  removeMeta(db, 'unclean')
  return true
}
