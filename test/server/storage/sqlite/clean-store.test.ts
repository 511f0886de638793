// E6: files that a reader holds are not clean, and are cleaned when he has gone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { cleanStore } from '../../../../server/storage/sqlite/clean-store.ts'
import { migrate } from '../../../../server/storage/sqlite/migrations.ts'
import { readMeta, writeMeta } from '../../../../server/storage/sqlite/store-meta.ts'

test('E6: while a reader holds an old state the store stays marked, and what was erased goes once he has ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  const file = join(folder, 'sluice.db')
  const db = new Database(file, { timeout: 0 })
  db.pragma('journal_mode = WAL')
  migrate(db)
  writeMeta(db, 'storage_id', 'qzUnspeakable')
  const reader = new Database(file, { readonly: true })
  reader.exec('BEGIN')
  expect(readMeta(reader, 'storage_id')).toBe('qzUnspeakable')
  writeMeta(db, 'storage_id', 'other')
  writeMeta(db, 'unclean', 'now')
  const isThere = (): boolean =>
    [file, `${file}-wal`].some((name) => readFileSync(name).includes('qzUnspeakable'))

  expect(cleanStore(db)).toBe(false)
  expect([readMeta(db, 'unclean'), isThere()]).toEqual(['now', true])
  reader.exec('COMMIT')
  expect(cleanStore(db)).toBe(true)
  expect([readMeta(db, 'unclean'), isThere()]).toEqual([null, false])
  reader.close()
  db.close()
  rmSync(folder, { recursive: true })
})
