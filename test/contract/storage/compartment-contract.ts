/** The contract of lanes beside the main one: one commit writes to several documents of a record, or to none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChainedEntry, CompartmentPlan } from '../../../server/plan/plan.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { entryAt, fieldsPlan, newKey, snapshotAt, textPlan, viewOf } from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

const committed = { status: 'committed' }
const stale = { status: 'stale' }
const NAME = 'roles:doctor'

const laneAt = (key: RecordKey, expectedVersion: number, compartment = NAME): CompartmentPlan => ({
  compartment,
  documentId: documentIdOf(key, 0, compartment),
  expectedVersion,
})
const secretAt = (second: number, compartment = NAME): ChainedEntry => ({ ...entryAt(second), compartment })
const shown = (key: RecordKey, heads: readonly string[], compartment = NAME) => ({
  compartment,
  documentId: documentIdOf(key, 0, compartment),
  heads,
  fields: ['diagnosis'],
})

export function compartmentContract(open: OpenSubject): void {
  describe('compartments', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    test('W3: one commit writes to several lanes, each is loaded alone, and all are scanned in their order', async () => {
      const key = newKey()
      const journal = [entryAt(1), secretAt(2), entryAt(3), secretAt(4)]
      const compartments = [laneAt(key, 0)]
      const view = viewOf({ name: 'Ada' }, { compartments: [shown(key, ['c3'])] })
      expect(await storage.commit(fieldsPlan(key, 0, 5, { journal, compartments, view }))).toEqual(committed)
      expect(await storage.keepSnapshots(key, [snapshotAt(4, 2, [7], `fields:${NAME}`)])).toEqual(committed)
      await storage.commit(textPlan(key, 0, 6))
      expect(await storage.load(key, 'fields')).toMatchObject({
        version: 2,
        tail: [entryAt(1), entryAt(3)],
        compartments: [NAME],
      })
      expect(await storage.load(key, `fields:${NAME}`)).toMatchObject({
        version: 2,
        snapshot: { version: 2, bytes: Uint8Array.of(7) },
        tail: [],
        chain: 'chain-4',
      })
      expect(await storage.scanJournal(key, 'fields')).toEqual(journal)
      expect(await storage.readRecord(key)).toMatchObject({ compartments: [shown(key, ['c3'])] })
      expect(await storage.findDocument(documentIdOf(key, 0, NAME))).toEqual({ key, compartment: NAME })
      expect(await storage.findDocument(documentIdOf(key))).toEqual({ key, compartment: '' })
    })

    test('W3: a plan that names another version of any lane is stale, and nothing of it is written', async () => {
      const key = newKey()
      await storage.commit(
        fieldsPlan(key, 0, 1, { journal: [entryAt(1), secretAt(2)], compartments: [laneAt(key, 0)] }),
      )
      const late = fieldsPlan(key, 1, 3, { journal: [entryAt(3)], compartments: [laneAt(key, 0)] })
      expect(await storage.commit(late)).toEqual(stale)
      const early = fieldsPlan(key, 0, 3, { journal: [secretAt(3)], compartments: [laneAt(key, 1)] })
      expect(await storage.commit(early)).toEqual(stale)
      expect(await storage.scanJournal(key, 'fields')).toHaveLength(2)
      const next = fieldsPlan(key, 1, 3, { journal: [secretAt(3)], compartments: [laneAt(key, 1)] })
      expect(await storage.commit(next)).toEqual(committed)
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 1 })
      expect(await storage.load(key, `fields:${NAME}`)).toMatchObject({ version: 2 })
    })

    test('S7: every lane is audited, and a checkpoint covers each', async () => {
      const key = newKey('audited-compartments')
      const before = (await storage.audit.changedHeads(0, 10_000))?.position ?? 0
      const journal = [entryAt(1), secretAt(2), secretAt(3)]
      await storage.commit(fieldsPlan(key, 0, 4, { journal, compartments: [laneAt(key, 0)] }))
      const [record] = await storage.audit.scanRecords({ tenant: key.tenant, collection: '', id: '' }, 1)
      expect(record?.versions).toEqual(
        new Map([
          ['fields', 1],
          ['text', 0],
          [`fields:${NAME}`, 2],
        ]),
      )
      expect(record?.documentIds).toEqual(new Map([[NAME, documentIdOf(key, 0, NAME)]]))
      expect(await storage.audit.scanLane(key, `fields:${NAME}`, 0, 10)).toEqual([
        { version: 1, chain: 'chain-2', entry: secretAt(2) },
        { version: 2, chain: 'chain-3', entry: secretAt(3) },
      ])
      const page = await storage.audit.changedHeads(before, 100)
      expect(page?.heads.map(({ lane, version }) => [lane, version]).sort()).toEqual([
        ['fields', 1],
        [`fields:${NAME}`, 2],
      ])
    })
  })
}
