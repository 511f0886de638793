// What a record's tables are written: as little as shows the same.
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { RecordView } from '../../../server/plan/plan.ts'
import type { SqlRow, TableWrite } from '../../../server/projection/table-layout.ts'
import { recordTableWrites } from '../../../server/projection/table-layout.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const things = collectionSpec({ tags: s.set(s.string()), steps: s.list(s.json()), prices: s.map(s.number()) })
const key = { tenant: 'default', collection: 'things', id: 'T' }
const stamps = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:01.000Z' }

const item = fc.constantFrom('a', 'b', 'c', 'd')
const view: fc.Arbitrary<RecordView> = fc.record({
  heads: fc.constant([]),
  disputed: fc.constant({}),
  deleted: fc.boolean(),
  fields: fc.record({
    tags: fc.uniqueArray(item),
    steps: fc.array(fc.oneof(item, fc.constant(null), fc.constant({ a: 1 }))),
    prices: fc.dictionary(item, fc.integer({ min: 0, max: 2 })),
  }),
})

/** The child tables as a driver keeps them: by primary key. */
class Tables {
  readonly rows = new Map<string, SqlRow>()

  write(write: TableWrite): void {
    if (write.op === 'upsert' || write.op === 'delete') return
    const by = write.table === 'things_prices' ? 'key' : 'position'
    const nameOf = (value: unknown): string => `${write.table} ${value}`
    if (write.op === 'replace')
      for (const name of [...this.rows.keys()]) if (name.startsWith(`${write.table} `)) this.rows.delete(name)
    if (write.op === 'change') for (const value of write.removed) this.rows.delete(nameOf(value))
    for (const row of write.rows) this.rows.set(nameOf(row[by]), row)
  }

  get shown(): readonly SqlRow[] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  }
}

const writes = (next: RecordView, shown: RecordView | null): readonly TableWrite[] =>
  recordTableWrites(things, key, next, stamps, shown)

describe('S1: child rows', () => {
  it('changed one by one they show what replacing them all shows', () => {
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 5 }), (views) => {
        const [changed, replaced] = [new Tables(), new Tables()]
        let shown: RecordView | null = null
        for (const next of views) {
          for (const write of writes(next, shown)) changed.write(write)
          for (const write of writes(next, null)) replaced.write(write)
          shown = next
        }
        expect(changed.shown).toEqual(replaced.shown)
      }),
    )
  })

  it('an item more costs a row, and a field that has not changed none', () => {
    const shown = { heads: [], disputed: {}, deleted: false, fields: { tags: ['a', 'b'], prices: { a: 1 } } }
    const next = { ...shown, fields: { ...shown.fields, tags: ['a', 'b', 'c'] } }
    expect(writes(next, shown).slice(1)).toEqual([
      {
        op: 'change',
        table: 'things_tags',
        tenant: 'default',
        recordId: 'T',
        by: 'position',
        removed: [],
        rows: [{ tenant: 'default', record_id: 'T', position: 2, value: 'c' }],
      },
    ])
  })
})
