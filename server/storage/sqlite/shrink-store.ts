/** Gives back what a store's file no longer needs, while no server runs on it. */
import { openWriteConnection } from './connection.ts'
import { lockStore } from './store-lock.ts'

/** Merges the search index and writes the whole file anew: it takes that long, and as much free space. */
export function shrinkStore(file: string): void {
  const lock = lockStore(file)
  try {
    const db = openWriteConnection(file)
    try {
      db.exec("INSERT INTO sluice_search (sluice_search) VALUES ('optimize')")
      db.exec('VACUUM')
    } finally {
      db.close()
    }
  } finally {
    lock.release()
  }
}
