import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import {
  ownStructureColumn,
  ownStructureOf,
  structureColumnsSql,
  structureOf,
} from '../../../../server/storage/sqlite/structure-columns.ts'
import type { Json } from '../../../../shared/json.ts'

const db = new Database(':memory:')
db.exec(`CREATE TABLE texts (notes TEXT, ${structureColumnsSql('notes')})`)
const insert = db.prepare(`INSERT INTO texts (notes, ${ownStructureColumn('notes')}) VALUES (?, ?)`)
const read = db
  .prepare<[number | bigint], string | null>('SELECT notes_json FROM texts WHERE rowid = ?')
  .pluck()
afterAll(() => db.close())

const asSql = (plain: string, structure: Json) =>
  read.get(insert.run(plain, ownStructureOf({ plain, structure })).lastInsertRowid)

test('S1: SQL reads the structure of a text, whether it is stored or not', () => {
  const wellFormed = fc
    .string({ unit: 'binary', maxLength: 20 })
    .filter((text) => !/\p{Surrogate}/u.test(text))
  const operation = fc.oneof(
    fc.record({ insert: wellFormed }),
    fc.record({ insert: wellFormed, attributes: fc.record({ bold: fc.boolean() }) }),
    fc.record({ insert: fc.record({ image: wellFormed }) }),
  )
  fc.assert(
    fc.property(wellFormed, fc.array(operation, { maxLength: 3 }), (plain, operations) => {
      for (const structure of [[{ insert: plain }], operations]) {
        expect(asSql(plain, structure)).toBe(JSON.stringify(structure))
        expect(structureOf(plain, ownStructureOf({ plain, structure }))).toEqual(structure)
      }
    }),
    { numRuns: 500 },
  )
})

test('S1: a text without marks and embeds is stored once', () => {
  expect(ownStructureOf({ plain: 'a "b"\n', structure: [{ insert: 'a "b"\n' }] })).toBeNull()
  for (const structure of [[], [{ insert: 'b' }], [{ insert: 'a', attributes: { bold: true } }], 'a', null])
    expect(ownStructureOf({ plain: 'a', structure })).toBe(JSON.stringify(structure))
  for (const plain of ['\0', 'a\ud800'])
    expect(ownStructureOf({ plain, structure: [{ insert: plain }] })).not.toBeNull()
})

test('S1: a record without text has no structure', () => {
  expect(read.get(insert.run(null, null).lastInsertRowid)).toBeNull()
})
