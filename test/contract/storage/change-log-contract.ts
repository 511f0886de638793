/** The contract of `listFieldChanges` with its filters and orders, and of `lastChangePosition`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FieldChangeFilter, StoredFieldChange } from '../../../server/storage/change-log.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { changeAt, fieldsPlan, newKey, originAt } from './plan-fixture.ts'
import { readPages } from './record-contract.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

/** Twelve lines, three to a commit: two records and two collections, three outcomes, two authors. */
async function fill(storage: Storage, tenant: string): Promise<readonly RecordKey[]> {
  const keys = [newKey(tenant), newKey(tenant), newKey(tenant, 'visits'), newKey(tenant)]
  const outcomes: readonly FieldOutcome[] = ['applied', 'superseded', 'rejected']
  for (const [index, key] of keys.entries()) {
    const fieldChanges = outcomes.map((outcome, at) =>
      changeAt(3 * index + at, {
        outcome,
        field: at === 0 ? 'name' : 'diagnosis',
        origin: originAt(3 * index + at, at === 2 ? 'bob' : 'ada'),
      }),
    )
    await storage.commit(fieldsPlan(key, 0, 3 * index, { fieldChanges }))
  }
  return keys
}

export function changeLogContract(open: OpenSubject): void {
  describe('the change log', () => {
    let subject: ContractSubject
    let storage: Storage
    let keys: readonly RecordKey[]
    let all: readonly StoredFieldChange[]
    const list = async (filter: Partial<FieldChangeFilter>): Promise<readonly StoredFieldChange[]> =>
      (await storage.listFieldChanges({ tenant: 'log-a', cursor: null, limit: 50, ...filter })).items
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
      keys = await fill(storage, 'log-a')
      await fill(storage, 'log-b')
      all = await list({ order: 'oldest' })
    })
    afterAll(() => subject.cleanup())

    test('lists one tenant, oldest first in the order of commits, or newest first', async () => {
      expect(all.map(({ changeHash }) => changeHash)).toEqual(all.map((_, at) => `hash-${at}`))
      expect(all).toHaveLength(12)
      expect(all.every(({ key }) => key.tenant === 'log-a')).toBe(true)
      expect(await list({})).toEqual([...all].reverse())
    })

    test('each filter, and all together, select what they say, in either order', async () => {
      const [first, , visit] = keys
      const filters: readonly [Partial<FieldChangeFilter>, (line: StoredFieldChange) => boolean, number][] = [
        [{ collection: 'visits' }, ({ key }) => key.collection === 'visits', 3],
        [{ recordId: first?.id }, ({ key }) => key.id === first?.id, 3],
        [{ subject: 'ada' }, ({ origin }) => origin.subject === 'ada', 8],
        [{ outcomes: ['superseded'] }, ({ outcome }) => outcome === 'superseded', 4],
        [{ outcomes: ['applied', 'rejected'] }, ({ outcome }) => outcome !== 'superseded', 8],
        [{ outcomes: [] }, () => false, 0],
        [{ field: 'name' }, ({ field }) => field === 'name', 4],
        [
          { subject: 'ada', outcomes: ['superseded'], collection: 'visits', recordId: visit?.id },
          ({ key, outcome }) => key.id === visit?.id && outcome === 'superseded',
          1,
        ],
      ]
      for (const [filter, matches, count] of filters) {
        const expected = all.filter(matches)
        expect(expected).toHaveLength(count)
        expect(await list({ ...filter, order: 'oldest' })).toEqual(expected)
        expect(await list(filter)).toEqual([...expected].reverse())
      }
    })

    test('pages in either order have every line once, also while lines are added', async () => {
      for (const order of ['oldest', 'newest'] as const) {
        const { items, sizes } = await readPages((cursor) =>
          storage.listFieldChanges({ tenant: 'log-a', subject: 'ada', order, cursor, limit: 3 }),
        )
        expect(sizes).toEqual([3, 3, 2])
        const expected = all.filter(({ origin }) => origin.subject === 'ada')
        expect(items).toEqual(order === 'oldest' ? expected : [...expected].reverse())
      }
      const page = await storage.listFieldChanges({ tenant: 'log-c', cursor: null, limit: 1 })
      expect(page).toEqual({ items: [], next: null })
    })

    test('`after` leaves out what comes before it, and a feed that goes on from its last line has the rest', async () => {
      const positions = all.map(({ position }) => position)
      const [, , third] = positions
      expect((await list({ after: third })).map(({ position }) => position)).toEqual(
        positions.slice(3).reverse(),
      )
      const read: number[] = []
      for (let after = 0; ; after = read.at(-1) ?? 0) {
        const lines = await list({ order: 'oldest', after, limit: 5 })
        if (lines.length === 0) break
        read.push(...lines.map(({ position }) => position))
      }
      expect(read).toEqual(positions)
    })

    test('the last position is that of the newest line of the tenant; 0 if it has none', async () => {
      expect(await storage.lastChangePosition('log-a')).toBe(all.at(-1)?.position)
      expect(await storage.lastChangePosition('log-b')).toBeGreaterThan(all.at(-1)?.position ?? 0)
      expect(await storage.lastChangePosition('log-c')).toBe(0)
    })

    test('W3: the lines of a plan that was not committed leave no gap that is filled later', async () => {
      const key = newKey('log-d')
      const results = await Promise.all([
        storage.commit(fieldsPlan(key, 0, 1, { fieldChanges: [changeAt(1)] })),
        storage.commit(fieldsPlan(key, 0, 2, { fieldChanges: [changeAt(2), changeAt(3)] })),
        storage.commit(fieldsPlan(key, 1, 4, { fieldChanges: [changeAt(4)] })),
      ])
      expect(results.map(({ status }) => status)).toEqual(['committed', 'stale', 'committed'])
      const lines = await list({ tenant: 'log-d', order: 'oldest' })
      expect(lines.map(({ changeHash }) => changeHash)).toEqual(['hash-1', 'hash-4'])
    })
  })
}
