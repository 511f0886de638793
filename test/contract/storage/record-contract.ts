/** The contract of `readRecord`, `listRecords`, `scanRecords` and `listFieldChanges`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page, RecordFilter, Storage } from '../../../server/storage/storage.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { comparePlaced, matchesWhere } from '../../../shared/query/match-record.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { at, changeAt, fieldsPlan, newKey, textPlan, viewOf } from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

/** All pages of a list, with the number of items on each. */
export async function readPages<T>(
  list: (cursor: string | null) => Promise<Page<T>>,
): Promise<{ readonly items: readonly T[]; readonly sizes: readonly number[] }> {
  const items: T[] = []
  const sizes: number[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await list(cursor)
    items.push(...page.items)
    sizes.push(page.items.length)
    cursor = page.next
  } while (cursor !== null)
  return { items, sizes }
}

export function recordContract(open: OpenSubject): void {
  describe('records and their log', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    const filter = (tenant: string, overrides: Partial<RecordFilter> = {}): RecordFilter => ({
      tenant,
      collection: 'patients',
      where: {},
      cursor: null,
      limit: 50,
      ...overrides,
    })
    const listedIds = async (tenant: string, where: RecordFilter['where']) =>
      (await storage.listRecords(filter(tenant, { where }))).items.map(({ key }) => key.id)

    test('S12: a mark stands while nothing is written to what it is of, and is none while something is', async () => {
      const [key, other] = [newKey('mark'), newKey('mark')]
      const { tenant, collection } = key
      const elsewhere = { tenant: `${tenant}-2`, collection }
      const marks = () =>
        [key, { tenant, collection }, other, elsewhere].map((scope) => storage.markOf(scope))
      const before = marks()
      expect(marks()).toEqual(before)
      const committed = storage.commit(fieldsPlan(key, 0, 1))
      expect(marks()).toEqual([null, null, before[2], before[3]])
      await committed
      const after = marks()
      expect(after.map((mark, index) => mark === before[index])).toEqual([false, false, true, true])
      // What is refused moves it as well: whether a write has failed is not for a reader to know.
      expect((await storage.commit(fieldsPlan(key, 0, 1))).status).toBe('stale')
      expect(storage.markOf(key)).not.toBe(after[0])
      const rebuilt = storage.writeTables([])
      expect(marks()).toEqual([null, null, null, null])
      await rebuilt
      expect(storage.markOf(other)).not.toBe(after[2])
    })

    test('C4: a record is read as its last view shows it, and so are its rows', async () => {
      const key = newKey('read')
      const view = viewOf(
        { name: 'O\'Hara "😀"', age: 41, active: true, diagnosis: 'flu', tags: ['b', 'a'] },
        { disputed: { diagnosis: { conflictId: 'c1', challengers: 2 } } },
      )
      await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({ name: 'first', tags: ['x', 'y', 'z'] }) }))
      await storage.commit(fieldsPlan(key, 1, 2, { view }))
      expect(await storage.readRecord(key)).toEqual({
        key,
        documentId: documentIdOf(key),
        heads: view.heads,
        compartments: [],
        textVersion: 0,
        projectedTextVersion: 0,
        fields: view.fields,
        fieldsJson: JSON.stringify(view.fields),
        disputed: view.disputed,
        texts: {},
        deleted: false,
        erased: false,
        createdAt: at(1),
        updatedAt: at(2),
      })
      expect((await storage.listRecords(filter('read'))).items).toEqual([await storage.readRecord(key)])
      const { texts: _, ...withoutTexts } = (await storage.readRecord(key)) ?? expect.fail()
      expect(await storage.readFields(key)).toEqual(withoutTexts)
      expect(await storage.readFields({ ...key, id: 'nobody' })).toBeNull()
      const rows = (await subject.rows('patients')).filter(({ id }) => id === key.id)
      expect(rows).toMatchObject([
        { name: 'O\'Hara "😀"', age: 41, active: 1, diagnosis_disputed: 1, diagnosis_conflict_id: 'c1' },
      ])
      const owner = { tenant: 'read', record_id: key.id }
      expect(await subject.rows('patients_tags')).toEqual([
        { ...owner, position: 0, value: 'b' },
        { ...owner, position: 1, value: 'a' },
      ])
    })

    test('a deleted record is read but not listed, and has no row', async () => {
      const key = newKey('deleted')
      const view = viewOf({ name: 'Ada', tags: ['a'] })
      await storage.commit(fieldsPlan(key, 0, 1, { view }))
      await storage.commit(fieldsPlan(key, 1, 2, { view: { ...view, deleted: true } }))
      expect(await storage.readRecord(key)).toMatchObject({ deleted: true, fields: { name: 'Ada' } })
      expect((await storage.listRecords(filter('deleted'))).items).toEqual([])
      const rows = [...(await subject.rows('patients')), ...(await subject.rows('patients_tags'))]
      expect(rows.filter(({ tenant }) => tenant === 'deleted')).toEqual([])
    })

    test('lists page by id through one collection of one tenant, without gaps or repeats', async () => {
      const keys = Array.from({ length: 7 }, () => newKey('paged'))
      for (const key of [...keys].reverse()) await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({}) }))
      await storage.commit(fieldsPlan(newKey('paged', 'visits'), 0, 1, { view: viewOf({}) }))
      await storage.commit(fieldsPlan(newKey('other'), 0, 1, { view: viewOf({}) }))
      const list = (limit: number) =>
        readPages((cursor) => storage.listRecords(filter('paged', { cursor, limit })))
      const pages = await list(3)
      expect(pages.items.map(({ key }) => key)).toEqual(keys)
      expect(pages.sizes).toEqual([3, 3, 1])
      expect((await list(7)).sizes).toEqual([7])
    })

    test('a list is ordered by a column, either way: ties by id, records without a value last, over all pages', async () => {
      const ages = [5, 3, null, 1, 3, null, 2]
      for (const [index, age] of ages.entries()) {
        const key = { tenant: 'ordered', collection: 'patients', id: `p${index}` }
        const view = viewOf({ name: age === null ? null : `n${age}`, ...(age === null ? {} : { age }) })
        await storage.commit(fieldsPlan(key, 0, 1, { view }))
      }
      for (const field of ['age', 'name'])
        for (const limit of [1, 2, 3, 7])
          for (const descending of [false, true]) {
            const order = { field, descending }
            const { items } = await readPages((cursor) =>
              storage.listRecords(filter('ordered', { order, cursor, limit })),
            )
            const ids = items.map(({ key }) => Number(key.id.slice(1)))
            expect(ids).toEqual(descending ? [0, 1, 4, 6, 3, 2, 5] : [3, 6, 1, 4, 0, 2, 5])
          }
      const unknown = { field: 'nope', descending: false }
      await expect(storage.listRecords(filter('ordered', { order: unknown }))).rejects.toThrow(RangeError)
      const order = { field: 'age', descending: false }
      const byId = await storage.listRecords(filter('ordered', { limit: 1 }))
      const mixed = storage.listRecords(filter('ordered', { order, cursor: byId.next }))
      await expect(mixed).rejects.toThrow(SluiceError)
    })

    test('a list is filtered by columns: equal values, null for none, booleans', async () => {
      const people = [
        { name: 'Ada', age: 36, active: true },
        { name: 'Bob', age: 36, active: false },
        { name: 'Cy', active: true },
      ]
      const ids = people.map((_, index) => `p${index}`)
      for (const [index, fields] of people.entries()) {
        const key = { tenant: 'filtered', collection: 'patients', id: `p${index}` }
        await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf(fields) }))
      }
      expect(await listedIds('filtered', { age: 36 })).toEqual([ids[0], ids[1]])
      expect(await listedIds('filtered', { age: 36, active: false })).toEqual([ids[1]])
      expect(await listedIds('filtered', { active: true })).toEqual([ids[0], ids[2]])
      expect(await listedIds('filtered', { age: null })).toEqual([ids[2]])
      expect(await listedIds('filtered', { name: "' OR 1=1 --" })).toEqual([])
    })

    test('K6: a list is what the shared reckoning of queries says: any values, in any order', async () => {
      const random = new SeededRandom(7)
      const texts = [
        '',
        'a',
        'B',
        'Z',
        'é',
        'e\u0301',
        'a\u0000b',
        '\uffee',
        '\u{1f600}',
        'ab',
        '\u{10000}',
        '10',
        '9',
      ]
      const people = Array.from({ length: 60 }, (_, index) => ({
        id: `${random.pick(['a', 'A', '_', '-', '9'])}${index}`,
        fields: {
          name: random.chance(0.2) ? null : random.pick(texts),
          age: random.chance(0.2) ? null : random.pick([-1, 0, 0.5, 1, 2, 10, 1e15]),
          active: random.chance(0.2) ? null : random.chance(0.5),
        },
      }))
      for (const { id, fields } of people)
        await storage.commit(
          fieldsPlan({ tenant: 'reckoned', collection: 'patients', id }, 0, 1, { view: viewOf(fields) }),
        )
      for (let round = 0; round < 60; round++) {
        const asked = random.pick(people).fields
        const names = (['name', 'age', 'active'] as const).filter(() => random.chance(0.3))
        const where = Object.fromEntries(names.map((name) => [name, asked[name]]))
        const field = random.pick(['name', 'age', 'active', null])
        const orderBy = field === null ? null : { field, descending: random.chance(0.5) }
        const { items } = await storage.listRecords(
          filter('reckoned', { where, order: orderBy ?? undefined, limit: 100 }),
        )
        const reckoned = people
          .filter(({ fields }) => matchesWhere(where, fields))
          .sort((a, b) => comparePlaced(orderBy, a, b))
        expect(
          items.map(({ key }) => key.id),
          JSON.stringify([where, orderBy]),
        ).toEqual(reckoned.map(({ id }) => id))
      }
    })

    test('an unknown column or collection is a RangeError, a foreign cursor a bad request', async () => {
      const where = { 'name" IS NOT NULL OR "name': 'x' }
      await expect(storage.listRecords(filter('x', { where }))).rejects.toThrow(RangeError)
      await expect(storage.listRecords(filter('x', { collection: 'nope' }))).rejects.toThrow(RangeError)
      await expect(storage.listRecords(filter('x', { limit: 0 }))).rejects.toThrow(RangeError)
      for (const cursor of ['', 'garbage', Buffer.from('[1]').toString('base64url')]) {
        const refused = storage.listRecords(filter('x', { cursor }))
        await expect(refused).rejects.toSatisfy(
          (error) => error instanceof SluiceError && error.code === 'bad_request',
        )
      }
    })

    test('S3: a scan visits every record once, deleted ones and text alone included', async () => {
      const fresh = await open()
      const keys = [newKey('a'), newKey('a', 'visits'), newKey('b'), newKey('b')]
      const [first, second, third, fourth] = keys
      if (first === undefined || second === undefined || third === undefined || fourth === undefined)
        throw Error()
      await fresh.storage.commit(fieldsPlan(fourth, 0, 1, { view: viewOf({}) }))
      await fresh.storage.commit(textPlan(second, 0, 1))
      await fresh.storage.commit(fieldsPlan(third, 0, 1, { view: viewOf({}, { deleted: true }) }))
      await fresh.storage.commit(fieldsPlan(first, 0, 1))
      expect(await fresh.storage.scanRecords(null, 3)).toEqual([first, second, third])
      expect(await fresh.storage.scanRecords(third, 3)).toEqual([fourth])
      expect(await fresh.storage.scanRecords(fourth, 3)).toEqual([])
      await fresh.cleanup()
    })

    test('C8: the change log keeps every line of a record, newest first', async () => {
      const key = newKey('log')
      const changes = [1, 2, 3, 4, 5].map((second) =>
        changeAt(second, {
          oldValue: second === 1 ? null : { deep: [second] },
          outcome: second === 5 ? 'held' : 'applied',
          reason: second === 5 ? 'two writes' : null,
          conflictId: second === 5 ? 'c1' : null,
        }),
      )
      await storage.commit(fieldsPlan(key, 0, 1, { fieldChanges: changes.slice(0, 2) }))
      await storage.commit(fieldsPlan(key, 1, 2, { fieldChanges: changes.slice(2) }))
      await storage.commit(fieldsPlan(newKey('log'), 0, 1, { fieldChanges: [changeAt(9)] }))
      const { items, sizes } = await readPages((cursor) =>
        storage.listFieldChanges({ ...key, recordId: key.id, cursor, limit: 2 }),
      )
      expect(sizes).toEqual([2, 2, 1])
      expect(items.map(({ position, key: owner, ...change }) => change)).toEqual([...changes].reverse())
      expect(items.every((item) => item.key.id === key.id && item.position > 0)).toBe(true)
    })
  })
}
