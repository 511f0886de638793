/** A store's file opened for checking alone: nothing is written to it, and no lock is taken. */
import type { AuditStorage } from '../audit-storage.ts'
import { openReadConnection } from './connection.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { Statements } from './statements.ts'
import { readMeta } from './store-meta.ts'

export interface StoreFile {
  readonly storageId: string
  readonly audit: AuditStorage
  /** What SQLite itself finds wrong with pages and indexes, a sentence each. */
  damage(): readonly string[]
  /** The record and epoch of each erasure (E2), as words for people. */
  erasures(): readonly string[]
  close(): void
}

const READ_ONLY = { status: 'failed', reason: 'The store is open for reading.', fatal: false } as const

/** @throws Error if there is no store in the file. */
export function openStoreFile(file: string): StoreFile {
  const db = openReadConnection(file)
  try {
    const storageId = readMeta(db, 'storage_id')
    if (storageId === null) throw new Error(`${file} holds no store.`)
    return {
      storageId,
      audit: new SqliteAudit(new Statements(db), { submit: () => Promise.resolve(READ_ONLY) }),
      damage: () =>
        db
          .prepare<[], { integrity_check: string }>('PRAGMA integrity_check')
          .all()
          .flatMap(({ integrity_check: found }) => (found === 'ok' ? [] : [found])),
      erasures: () =>
        db
          .prepare<[], { name: string }>(
            `SELECT tenant || ':' || collection || '/' || id || ', epoch ' || epoch AS name
              FROM sluice_erasures ORDER BY position`,
          )
          .all()
          .map(({ name }) => name),
      close: () => void db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}
