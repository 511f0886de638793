/**
 * Copies a store while its server runs and writes. `VACUUM INTO` reads one snapshot, which in WAL mode no writer
 * waits for; the online backup API would start anew with every commit of another process, or take the pages as they
 * lie. This way every row is read and every index made anew, and erased content in free pages does not travel.
 */
import { openReadConnection } from './connection.ts'

/**
 * @param to a path that does not exist yet. It is not synchronized to disk: the caller does that.
 * @throws Error if the store cannot be read to its end.
 */
export function copyStore(from: string, to: string): void {
  const db = openReadConnection(from)
  try {
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
}
