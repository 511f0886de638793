import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { matchExpression } from '../../../../server/storage/sqlite/search-texts.ts'

const db = new Database(':memory:')
db.exec("CREATE VIRTUAL TABLE texts USING fts5 (plain, tokenize = 'unicode61 remove_diacritics 2')")
const insert = db.prepare('INSERT INTO texts (plain) VALUES (?)')
const find = db.prepare('SELECT rowid FROM texts WHERE texts MATCH ?').pluck()
afterAll(() => db.close())

test('no query is ever a syntax error', () => {
  const syntax = fc.constantFrom(
    '"',
    '*',
    '(',
    ')',
    ':',
    '^',
    '-',
    '+',
    ' AND ',
    ' OR ',
    'NEAR(',
    'plain',
    '{',
    '\0',
    ' ',
  )
  const query = fc
    .array(fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(query, (text) => {
      const match = matchExpression(text)
      if (match !== null) expect(() => find.all(match)).not.toThrow()
    }),
    { numRuns: 2_000 },
  )
})

test('any words of a text find it, in any order', () => {
  const words = fc.array(fc.stringMatching(/^[a-zäöüéñ0-9ßøłжя中]{1,8}$/), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(words, fc.infiniteStream(fc.nat()), (text, picks) => {
      const { lastInsertRowid } = insert.run(text.join(', '))
      const query = [...text].sort(() => ((picks.next().value ?? 0) % 2) - 0.5).join(' ')
      expect(find.all(matchExpression(query) ?? '')).toContain(Number(lastInsertRowid))
    }),
    { numRuns: 200 },
  )
})
