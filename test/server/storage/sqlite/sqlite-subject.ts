/** Opens SQLite stores in folders of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { SqlRow } from '../../../../server/projection/table-layout.ts'
import { openSqliteStorage, type SqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import { type ContractSubject, contractSchema } from '../../../contract/storage-contract.ts'

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'sluice-'))

export interface SqliteSubject extends ContractSubject {
  readonly storage: SqliteStorage
  readonly file: string
}

/** @param recordCacheBytesMax of records kept as they were read; none if it is left out. */
export async function openSubject(recordCacheBytesMax = 0): Promise<SqliteSubject> {
  const folder = newFolder()
  const file = join(folder, 'data', 'sluice.db')
  const storage = await openSqliteStorage({ file, schema: contractSchema, recordCacheBytesMax })
  let current = storage
  return {
    storage,
    file,
    reopen: async (schema = contractSchema) => {
      current = await openSqliteStorage({ file, schema, recordCacheBytesMax })
      return current
    },
    rows: async (table) => readRows(file, table),
    cleanup: async () => {
      await current.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function readRows(file: string, table: string): readonly SqlRow[] {
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare<[], SqlRow>(`SELECT * FROM "${table}" ORDER BY 1, 2, 3`).all()
  } finally {
    db.close()
  }
}
