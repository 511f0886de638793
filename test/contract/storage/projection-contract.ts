/** The contract of the projection's life: `projectionIsStale`, `resetProjection`, `writeTables` (S3). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Storage } from '../../../server/storage/storage.ts'
import { collection } from '../../../shared/schema/collection.ts'
import { s } from '../../../shared/schema/field.ts'
import { at, fieldsPlan, newKey, textPlan, textProjection, viewOf } from './plan-fixture.ts'
import {
  type ContractSubject,
  contractSchema,
  type OpenSubject,
  patients,
  schemaOf,
  visits,
} from './subject.ts'

/** `visits` has lost its text, `patients` has a new column, and there is a new collection. */
const changedSchema = schemaOf({
  patients: collection({ ...patients.fields, ward: s.string() }),
  visits: collection({ reason: visits.fields.reason }),
  wards: collection({ name: s.string() }),
})

export function projectionContract(open: OpenSubject): void {
  describe('projected tables', () => {
    let subject: ContractSubject
    let storage: Storage
    const key = newKey()
    const view = viewOf({ name: 'Ada', tags: ['a', 'b'] })
    const plan = fieldsPlan(key, 0, 1, { view })
    beforeEach(async () => {
      subject = await open()
      storage = subject.storage
      await storage.commit(plan)
      await storage.commit(textPlan(key, 0, 2))
      await storage.commitText(textProjection(key, 1, 'hello'))
      await storage.search.index(key)
    })
    afterEach(() => subject.cleanup())

    const reopen = async (schema = contractSchema): Promise<Storage> => {
      await storage.close()
      storage = await subject.reopen(schema)
      return storage
    }

    test('S3: the same schema keeps the tables', async () => {
      expect(storage.projectionIsStale).toBe(false)
      expect((await reopen()).projectionIsStale).toBe(false)
      expect(await subject.rows('patients')).toMatchObject([{ name: 'Ada', notes: 'hello' }])
      expect(await storage.laggingTexts(9)).toEqual([])
    })

    test('S3: another schema empties the tables and says so until the rebuild is done', async () => {
      expect((await reopen(changedSchema)).projectionIsStale).toBe(true)
      expect(await subject.rows('patients')).toEqual([])
      expect(await subject.rows('patients_tags')).toEqual([])
      expect(await subject.rows('wards')).toEqual([])
      expect(await storage.search.find('default', 'hello', 9)).toEqual([])
      expect(await storage.readRecord(key)).toMatchObject({
        fields: view.fields,
        projectedTextVersion: 0,
        texts: {},
      })
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 1 })
      await storage.markProjectionFresh()
      expect(storage.projectionIsStale).toBe(false)
      expect((await reopen(changedSchema)).projectionIsStale).toBe(false)
    })

    test('S3: a rebuild that was cut short is noticed, and starts from empty tables', async () => {
      await reopen(changedSchema)
      await storage.writeTables(plan.tables)
      expect((await reopen(changedSchema)).projectionIsStale).toBe(true)
      expect(await subject.rows('patients')).toEqual([])
    })

    test('S3: a rebuild yields the tables that were there before', async () => {
      const before = [await subject.rows('patients'), await subject.rows('patients_tags')]
      const record = await storage.readRecord(key)
      await storage.resetProjection()
      expect(storage.projectionIsStale).toBe(true)
      expect(await subject.rows('patients')).toEqual([])
      expect(await storage.laggingTexts(9)).toEqual([key])
      await storage.writeTables(plan.tables)
      await storage.commitText(textProjection(key, 1, 'hello'))
      await storage.search.index(key)
      await storage.markProjectionFresh()
      expect([await subject.rows('patients'), await subject.rows('patients_tags')]).toEqual(before)
      expect(await storage.readRecord(key)).toEqual(record)
      expect(await storage.search.find('default', 'hello', 9)).toHaveLength(1)
      expect((await reopen()).projectionIsStale).toBe(false)
    })

    test('S3: writeTables puts in place what a record shows to its readers, too', async () => {
      const shown = newKey()
      await storage.commit(fieldsPlan(shown, 0, 1, { view: viewOf({ name: 'before' }) }))
      const view = viewOf(
        { name: 'after' },
        { heads: ['c3'], disputed: { diagnosis: { conflictId: 'k', challengers: 1 } } },
      )
      await storage.writeTables([], { key: shown, view })
      expect(await storage.readRecord(shown)).toMatchObject({ ...view, deleted: false })
      await storage.writeTables([], { key: shown, view: { ...view, deleted: true } })
      expect(await storage.readRecord(shown)).toMatchObject({ deleted: true })
    })

    test('writeTables writes all of its rows or none', async () => {
      const broken = [
        { op: 'delete', table: 'patients', tenant: key.tenant, id: key.id },
        { op: 'delete', table: 'no_such_table', tenant: key.tenant, id: key.id },
      ] as const
      await expect(storage.writeTables(broken)).rejects.toMatchObject({ code: 'store_unavailable' })
      expect(await subject.rows('patients')).toHaveLength(1)
    })

    test('R4: records of a collection that the schema has lost are kept, and come back with it', async () => {
      const visit = newKey('default', 'visits')
      await storage.commit(fieldsPlan(visit, 0, 3, { view: viewOf({ reason: 'cough' }) }))
      await storage.commit(textPlan(visit, 0, 4))
      await reopen(schemaOf({ patients }))
      expect(await storage.readRecord(visit)).toMatchObject({ fields: { reason: 'cough' }, texts: {} })
      expect(await storage.laggingTexts(9)).toEqual([key])
      expect(await storage.scanRecords(null, 9)).toEqual([key, visit])
      await reopen()
      expect(await storage.laggingTexts(9)).toEqual([key, visit])
    })

    test('S1: child rows are changed one by one, told apart by position or key, and by their record', async () => {
      const other = newKey('default', 'patients')
      await storage.commit(fieldsPlan(other, 0, 2))
      const rowOf = (id: string, position: number, value: string) =>
        ({ tenant: 'default', record_id: id, position, value }) as const
      const replace = (id: string, values: readonly string[]) =>
        ({
          op: 'replace',
          table: 'patients_tags',
          tenant: 'default',
          recordId: id,
          rows: values.map((value, position) => rowOf(id, position, value)),
        }) as const
      await storage.writeTables([replace(key.id, ['a', 'b', 'c']), replace(other.id, ['x', 'y', 'z'])])
      const change = { op: 'change', table: 'patients_tags', tenant: 'default', by: 'position' } as const
      await storage.writeTables([
        {
          ...change,
          recordId: key.id,
          removed: [2],
          rows: [rowOf(key.id, 0, 'A')],
        },
        { ...change, recordId: other.id, removed: [], rows: [rowOf(other.id, 3, 'ä')] },
      ])
      const rows = await subject.rows('patients_tags')
      const told = (id: string) => rows.filter(({ record_id }) => record_id === id).map(({ value }) => value)
      expect(told(key.id)).toEqual(['A', 'b'])
      expect(told(other.id)).toEqual(['x', 'y', 'z', 'ä'])
    })

    test('S1: a cell keeps its value: text stays text, whole numbers stay whole', async () => {
      const row = { tenant: 'default', id: key.id, name: '007', age: 12.5, active: 1, updated_at: at(9) }
      const values = ['007', 7, 0.5, null]
      await storage.writeTables([
        { op: 'upsert', table: 'patients', row },
        {
          op: 'replace',
          table: 'patients_tags',
          tenant: 'default',
          recordId: key.id,
          rows: values.map((value, position) => ({ tenant: 'default', record_id: key.id, position, value })),
        },
      ])
      expect(await subject.rows('patients')).toMatchObject([{ ...row, created_at: at(1), notes: 'hello' }])
      // The set holds strings, so its column gives everything as text.
      expect((await subject.rows('patients_tags')).map(({ value }) => value)).toEqual([
        '007',
        '7',
        '0.5',
        null,
      ])
    })
  })
}
