import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordCache } from '../../../../server/storage/sqlite/record-cache.ts'
import type { StoredRecord } from '../../../../server/storage/storage.ts'

const BYTES_MAX = 100_000

const record = (name: string): StoredRecord => ({
  key: { tenant: 't', collection: 'items', id: name },
  documentId: name,
  heads: [],
  compartments: [],
  textVersion: 0,
  projectedTextVersion: 0,
  fields: {},
  fieldsJson: '{}',
  disputed: {},
  texts: {},
  deleted: false,
  erased: false,
  createdAt: '',
  updatedAt: '',
})

test('a record is found at the revision at which it was read, and at no other', () => {
  const cache = new RecordCache(BYTES_MAX)
  const stored = record('a')
  cache.keep(1, 7, stored, 10)
  expect(cache.find(1, 7)).toBe(stored)
  expect(cache.find(1, 8)).toBeNull()
  expect(cache.find(2, 7)).toBeNull()
})

test('what was asked for last stays longest', () => {
  const cache = new RecordCache(BYTES_MAX)
  for (let row = 0; row < 20; row++) {
    cache.keep(row, 1, record(`r-${row}`), 1_000)
    expect(cache.find(0, 1)).not.toBeNull()
  }
  expect(cache.find(1, 1)).toBeNull()
  expect(cache.find(19, 1)).not.toBeNull()
})

test('it takes no more than its budget, whatever is kept, and answers only what was kept last', () => {
  const step = fc.record({
    row: fc.integer({ min: 0, max: 9 }),
    revision: fc.integer({ min: 0, max: 3 }),
    characters: fc.integer({ min: 0, max: 10_000 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const cache = new RecordCache(BYTES_MAX)
      const last = new Map<number, { readonly revision: number; readonly stored: StoredRecord }>()
      for (const { row, revision, characters } of steps) {
        const stored = record(`${row}@${revision}`)
        cache.keep(row, revision, stored, characters)
        last.set(row, { revision, stored })
        expect(cache.bytes).toBeLessThanOrEqual(BYTES_MAX)
        for (const [other, kept] of last)
          expect([null, kept.stored]).toContain(cache.find(other, kept.revision))
      }
    }),
  )
})
