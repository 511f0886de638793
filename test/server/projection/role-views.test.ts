import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { collection, defineConfig, s } from 'sluice'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { roleViews } from '../../../server/projection/role-views.ts'
import { openSqliteStorage } from '../../../server/storage/sqlite/sqlite-storage.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import type { Schema } from '../../../shared/schema/schema.ts'

const schemaOf = (schema: Parameters<typeof defineConfig>[0]['schema']): Schema => {
  const checked = checkSchema(defineConfig({ schema }))
  if (!checked.ok) throw new Error(checked.problems.join('\n'))
  return checked.schema
}

const patients = collection(
  {
    name: s.string(),
    diagnosis: s
      .string()
      .critical()
      .access({ read: ['doctor'] }),
    allergies: s.set(s.string()).access({ read: ['doctor'] }),
    visits: s.list(s.string()),
    diary: s.string().access({ read: () => true }),
    notes: s.text().access({ read: ['doctor'] }),
    summary: s.text(),
  },
  { access: { read: ['doctor', 'nurse'] }, deletes: 'hold' },
)

describe('A9: views for roles', () => {
  it('hold the columns and child tables that lists of roles let the role read, and no function', () => {
    const views = new Map(roleViews(schemaOf({ patients })).map(({ name, columns }) => [name, columns]))
    const open = ['visits_disputed', 'visits_conflict_id', 'deleted_disputed', 'deleted_conflict_id']
    const ends = ['summary', 'summary_json', 'created_at', 'updated_at']
    expect(views.get('patients__nurse')).toEqual(['tenant', 'id', 'name', ...open, ...ends])
    expect(views.get('patients__doctor')).toEqual([
      'tenant',
      'id',
      'name',
      'diagnosis',
      'diagnosis_disputed',
      'diagnosis_conflict_id',
      'allergies_disputed',
      'allergies_conflict_id',
      ...open,
      'notes',
      'notes_json',
      ...ends,
    ])
    expect([...views.keys()].sort()).toEqual([
      'patients__doctor',
      'patients__nurse',
      'patients_allergies__doctor',
      'patients_visits__doctor',
      'patients_visits__nurse',
    ])
  })

  it('there are none for who may not read the collection, for functions, and where there are no rules', () => {
    const secret = s.string().access({ read: ['clerk'] })
    const named = (schema: Parameters<typeof schemaOf>[0]) =>
      roleViews(schemaOf(schema)).map(({ name }) => name)
    expect(named({ a: collection({ secret }, { access: { read: ['doctor'] } }) })).toEqual(['a__doctor'])
    expect(named({ a: collection({ secret }, { access: { read: () => true } }) })).toEqual([])
    expect(named({ a: collection({ name: s.string() }) })).toEqual([])
    expect(named({ a: collection({ secret: s.string().access({ read: ['Doctor', 'doctor'] }) }) })).toEqual(
      [],
    )
  })
})

describe('A9: views in a store', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const openAs = async (schema: Schema): Promise<void> => {
    const storage = await openSqliteStorage({ file: join(folder, 'sluice.db'), schema })
    await storage.close()
  }
  const viewsIn = (db: Database.Database): unknown[] =>
    db
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE '%\\_\\_%' ESCAPE '\\' ORDER BY name",
      )
      .pluck()
      .all()

  it('follow the rules whenever the store is opened, and those of somebody else are left alone', async () => {
    await openAs(schemaOf({ patients }))
    await openAs(schemaOf({ patients }))
    const db = new Database(join(folder, 'sluice.db'))
    expect(viewsIn(db)).toHaveLength(5)
    expect(() => db.prepare('SELECT diagnosis FROM patients__nurse')).toThrow('no such column')
    expect(db.prepare('SELECT diagnosis FROM patients__doctor').all()).toEqual([])
    db.exec('CREATE VIEW mine__too AS SELECT 1')
    db.close()
    await openAs(schemaOf({ patients: collection(patients.fields, { access: { read: ['doctor'] } }) }))
    const after = new Database(join(folder, 'sluice.db'))
    expect(viewsIn(after)).toEqual([
      'mine__too',
      'patients__doctor',
      'patients_allergies__doctor',
      'patients_visits__doctor',
    ])
    after.exec('DROP VIEW patients__doctor; CREATE VIEW patients__doctor AS SELECT 1')
    after.close()
    await expect(openAs(schemaOf({ patients }))).rejects.toThrow('altered or replaced by hand')
  })
})
