import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrations } from '../../../../server/storage/sqlite/migrations.ts'
import { projectionShape } from '../../../../server/storage/sqlite/projection-shape.ts'
import { SqliteWriter } from '../../../../server/storage/sqlite/sqlite-writer.ts'
import { SYSTEM_TABLES } from '../../../../server/storage/sqlite/system-tables.ts'
import type { SentJob } from '../../../../server/storage/sqlite/write-job.ts'
import { sentJob } from '../../../../server/storage/sqlite/write-job.ts'
import { entryAt, fieldsPlan, newKey } from '../../../contract/storage/plan-fixture.ts'
import { patients, schemaOf, visits } from '../../../contract/storage/subject.ts'
import { newFolder } from './sqlite-subject.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'sluice.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const openWriter = (collections: Parameters<typeof schemaOf>[0] = { patients }): SqliteWriter =>
  new SqliteWriter({
    file,
    shape: projectionShape(schemaOf(collections)),
    definitions: [],
    newStorageId: 'id-1',
  })

/** Lets somebody else at the file, as the sqlite3 shell would. */
function withDatabase<T>(use: (db: Database.Database) => T): T {
  const db = new Database(file)
  try {
    return use(db)
  } finally {
    db.close()
  }
}

const job = (bytes = 10): SentJob =>
  sentJob({
    type: 'commit',
    plan: fieldsPlan(newKey(), 0, 1, { journal: [{ ...entryAt(1), bytes: new Uint8Array(bytes) }] }),
  })
/** Changes the file behind the back of whoever has it open. */
function overwrite(content: Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, content)
  closeSync(descriptor)
}
const journalLength = (writer: SqliteWriter): unknown =>
  writer.db.prepare('SELECT COUNT(*) FROM sluice_journal').pluck().get()

describe('a store that fails', () => {
  test('W5: on a full disk every job of the batch fails, nothing is written, and the writer lives on', () => {
    const writer = openWriter()
    expect(writer.write([job()])).toEqual([{ status: 'committed' }])
    const pages = Number(writer.db.pragma('page_count', { simple: true }))
    writer.db.pragma(`max_page_count = ${pages + 5}`)
    const full = { status: 'failed', fatal: false, reason: expect.stringContaining('SQLITE_FULL') }
    expect(writer.write([job(), job(1_000_000), job()])).toEqual([full, full, full])
    expect(journalLength(writer)).toBe(1)
    expect(writer.transactions).toBe(1)
    writer.db.pragma('max_page_count = 1000000')
    expect(writer.write([job(1_000_000), job()])).toEqual([{ status: 'committed' }, { status: 'committed' }])
    expect(journalLength(writer)).toBe(3)
    writer.close()
  })

  test('W5: a damaged file is fatal: from then on everything is refused', () => {
    const writer = openWriter()
    expect(writer.write(Array.from({ length: 200 }, () => job(1_000)))).toContainEqual({
      status: 'committed',
    })
    writer.db.pragma('wal_checkpoint(TRUNCATE)')
    const sound = readFileSync(file)
    const pageSize = 4096
    overwrite(Buffer.concat([sound.subarray(0, pageSize), Buffer.alloc(sound.length - pageSize, 0xa5)]))
    writer.db.pragma('shrink_memory')
    const corrupt = { status: 'failed', fatal: true, reason: expect.stringContaining('SQLITE_CORRUPT') }
    expect(writer.write([job(), job()])).toEqual([corrupt, corrupt])
    // Even if the disk seems to be well again, what it said in between is not to be trusted.
    overwrite(sound)
    writer.db.pragma('shrink_memory')
    expect(writer.write([job()])).toEqual([corrupt])
    writer.close()
    const reopened = openWriter()
    expect(reopened.write([job()])).toEqual([{ status: 'committed' }])
    reopened.close()
  })

  test('a file that is no database is refused, and left as it is', () => {
    writeFileSync(file, 'a letter to my doctor '.repeat(100))
    expect(() => openWriter()).toThrow('file is not a database')
    expect(statSync(file).size).toBe(2_200)
  })
})

describe('migrations', () => {
  test('a store is created once, with its id, and each migration is recorded', () => {
    openWriter().close()
    const again = new SqliteWriter({
      file,
      shape: projectionShape(schemaOf({ patients })),
      definitions: [],
      newStorageId: 'id-2',
    })
    expect(again.storageId).toBe('id-1')
    const rows = again.db.prepare('SELECT version, name, applied_at FROM sluice_migrations').all()
    const appliedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(rows).toEqual(
      migrations.map(({ name }, index) => ({ version: index + 1, name, applied_at: appliedAt })),
    )
    again.close()
  })

  test('a store of the first version gains what later ones have and keeps its lines', () => {
    const indexes = ['by_position', 'by_collection', 'by_author', 'by_outcome']
    withDatabase((db) => {
      db.exec(SYSTEM_TABLES)
      db.exec('CREATE TABLE sluice_migrations (version INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)')
      db.exec("INSERT INTO sluice_migrations VALUES (1, 'system tables', 'then')")
      db.exec(
        `INSERT INTO sluice_field_changes (tenant, collection, record_id, field, operation, old_value, new_value,
          outcome, change_hash, subject, session, door, metadata, received_at)
          VALUES ('t', 'c', 'r', 'f', 'set', '1', '2', 'applied', 'h', 'ada', 's', 'rest', '{}', 'now')`,
      )
    })
    openWriter().close()
    const found = withDatabase((db) =>
      db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'sluice_field_changes_by_%'").pluck().all(),
    )
    expect(found).toEqual(expect.arrayContaining(indexes.map((index) => `sluice_field_changes_${index}`)))
    expect(
      withDatabase((db) => db.prepare('SELECT new_value FROM sluice_field_changes').pluck().all()),
    ).toEqual(['2'])
    const added = withDatabase((db) => db.prepare('SELECT schema, chain, rejected FROM sluice_journal').all())
    expect(added).toEqual([])
  })

  test('C7: conflicts of an earlier version are found by their fields', () => {
    withDatabase((db) => {
      db.exec(SYSTEM_TABLES)
      db.exec('CREATE TABLE sluice_migrations (version INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)')
      db.exec("INSERT INTO sluice_migrations VALUES (1, 'system tables', 'then')")
      db.exec(
        `INSERT INTO sluice_conflicts (id, tenant, collection, record_id, fields, kind, state, base, in_force,
          incumbent, opened_at, events)
          VALUES ('c1', 't', 'patients', 'r', '["dose","unit"]', 'set-set', 'open', '1', '2', 's', 'now', '[]')`,
      )
    })
    openWriter().close()
    const fields = withDatabase((db) =>
      db.prepare('SELECT tenant, field, conflict_id FROM sluice_conflict_fields ORDER BY field').raw().all(),
    )
    expect(fields).toEqual([
      ['t', 'dose', 'c1'],
      ['t', 'unit', 'c1'],
    ])
  })

  test('a store that a newer program made is refused with what to do, and is not locked', () => {
    openWriter().close()
    withDatabase((db) =>
      db.exec("INSERT INTO sluice_migrations (version, name) VALUES (99, 'from tomorrow')"),
    )
    expect(() => openWriter()).toThrow(/made by a newer Sluice: its tables have version 99, .* newer program/)
    withDatabase((db) => db.exec('DELETE FROM sluice_migrations WHERE version = 99'))
    openWriter().close()
  })
})

describe('tables of other people', () => {
  test('S1: a table in the way is never touched: the store refuses to open', () => {
    withDatabase((db) => db.exec("CREATE TABLE Patients (mine TEXT); INSERT INTO Patients VALUES ('x')"))
    expect(() => openWriter()).toThrow(/needs a table "patients", but .* Sluice did not make/)
    expect(withDatabase((db) => db.prepare('SELECT * FROM Patients').all())).toEqual([{ mine: 'x' }])
  })

  test('S1: a table that takes the place of one that is to come is never touched either', () => {
    openWriter().close()
    withDatabase((db) => db.exec("CREATE TABLE visits (mine TEXT); INSERT INTO visits VALUES ('x')"))
    expect(() => openWriter({ patients, visits })).toThrow('needs a table "visits"')
    expect(withDatabase((db) => db.prepare('SELECT * FROM visits').all())).toEqual([{ mine: 'x' }])
    openWriter().close()
  })

  test('S3: a projected table that was altered by hand is not dropped', () => {
    openWriter().close()
    withDatabase((db) => db.exec('ALTER TABLE patients ADD COLUMN my_remark TEXT'))
    openWriter().close()
    expect(() => openWriter({ visits })).toThrow(/"patients" was altered or replaced by hand/)
    withDatabase((db) => db.exec('DROP TABLE patients'))
    openWriter({ visits }).close()
  })

  test('S3: a projected table that was dropped by hand is created again, and the projection is stale', () => {
    const first = openWriter()
    first.write([job()])
    expect(first.projectionIsStale).toBe(false)
    first.close()
    withDatabase((db) => db.exec('DROP TABLE patients_tags'))
    const second = openWriter()
    expect(second.projectionIsStale).toBe(true)
    expect(second.db.prepare('SELECT COUNT(*) FROM patients_tags').pluck().get()).toBe(0)
    second.close()
  })

  test('S3: tables of collections that are gone are dropped, others of the file are kept', () => {
    openWriter({ patients, visits }).close()
    withDatabase((db) =>
      db.exec('CREATE TABLE my_table (x); CREATE VIEW my_view AS SELECT name FROM patients'),
    )
    openWriter({ patients }).close()
    const names = withDatabase((db) =>
      db
        .prepare("SELECT name FROM sqlite_schema WHERE name NOT GLOB 'sluice_*' AND name NOT GLOB 'sqlite_*'")
        .pluck()
        .all(),
    )
    expect(names.sort()).toEqual(['my_table', 'my_view', 'patients', 'patients_tags'])
  })
})
