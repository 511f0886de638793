/** The contract of `erase`, `findErased`, `listErasures` and `listContributions` (E1, E2, E7). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeErasure } from '../../../server/plan/erasure.ts'
import { laneOf } from '../../../server/plan/plan.ts'
import type { ErasurePlan } from '../../../server/plan/plan-erasure.ts'
import { planErasure } from '../../../server/plan/plan-erasure.ts'
import type { Storage, StoredLane } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { plainCollection } from '../../../shared/schema/schema.ts'
import {
  at,
  changeAt,
  conflictAt,
  entryAt,
  fieldsPlan,
  newKey,
  originAt,
  snapshotAt,
  textPlan,
  textProjection,
  viewOf,
} from './plan-fixture.ts'
import { type ContractSubject, contractSchema, type OpenSubject } from './subject.ts'

const COMMITTED = { status: 'committed' }

export function erasureContract(open: OpenSubject): void {
  describe('erasure', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    async function planFor(key: RecordKey, allowNew = false): Promise<ErasurePlan> {
      const collection = contractSchema.get(key.collection) ?? plainCollection(key.collection)
      const fields = await storage.load(key, 'fields')
      const compartments = new Map<string, StoredLane>()
      for (const name of fields.compartments) compartments.set(name, await storage.load(key, laneOf(name)))
      const lanes = { fields, text: await storage.load(key, 'text'), compartments }
      return planErasure(key, collection, lanes, { reason: 'why', allowNew, origin: originAt(50, 'dora') })
    }

    /** A record with something in every place that a record has. */
    async function fill(key: RecordKey): Promise<void> {
      const { tenant, collection, id } = key
      const answer = { tenant, subject: 'ada', key: id, request: 'digest', status: 200 }
      const plans = [
        fieldsPlan(key, 0, 1, {
          view: viewOf({ name: 'Ada', tags: ['secret'] }),
          fieldChanges: [changeAt(1)],
          conflicts: [conflictAt(`conflict-${id}`, 1)],
          outbox: [{ id: `event-${id}`, event: 'told', payload: {} }],
          bindings: [{ author: 'actor', subject: 'ada' }],
          answers: [{ ...answer, body: { collection, id, outcomes: { name: { outcome: 'secret' } } } }],
        }),
        textPlan(key, 0, 2, { bindings: [{ author: 'yjs:7', subject: 'bob' }] }),
      ]
      for (const plan of plans) expect(await storage.commit(plan)).toEqual(COMMITTED)
      expect(await storage.keepSnapshots(key, [snapshotAt(1, 1, [1])])).toEqual(COMMITTED)
      expect(await storage.commitText(textProjection(key, 1, 'unspeakable words'))).toEqual(COMMITTED)
      expect(await storage.search.index(key)).toEqual(COMMITTED)
    }

    test('E1, E2: all of a record is gone but a stub in each lane, and of a kept answer that it was given', async () => {
      const [key, other] = [newKey('erased'), newKey('erased')]
      await fill(key)
      await fill(other)
      const before = { fields: await storage.load(key, 'fields'), text: await storage.load(key, 'text') }
      expect(await storage.erase(await planFor(key))).toEqual(COMMITTED)

      for (const lane of ['fields', 'text'] as const) {
        const [stub, ...others] = await storage.scanJournal(key, lane)
        expect(others).toEqual([])
        const erasure = {
          epoch: 1,
          version: 2,
          entries: 1,
          previous: before[lane].chain,
          documentId: documentIdOf(key),
          reason: 'why',
          allowNew: false,
          clients: lane === 'text' ? [7] : [],
        }
        expect(stub).toMatchObject({ kind: 'erasure', origin: { subject: 'dora', metadata: {} } })
        expect(decodeErasure(stub?.bytes ?? new Uint8Array())).toEqual(erasure)
        expect(await storage.load(key, lane)).toEqual({
          version: 2,
          erasure,
          snapshot: null,
          tail: [],
          chain: stub?.chain,
          bindings: new Map(),
          createdAt: null,
          compartments: [],
        })
      }
      expect(await storage.loadText(key)).toMatchObject({
        version: 2,
        erasure: { epoch: 1, allowNew: false },
        tail: [],
        receivedAt: null,
        chain: (await storage.load(key, 'text')).chain,
      })
      expect(await storage.readRecord(key)).toMatchObject({
        documentId: documentIdOf(key, 1),
        fields: {},
        texts: {},
        deleted: true,
        erased: true,
      })
      expect(await storage.readConflict('erased', `conflict-${key.id}`)).toBeNull()
      const log = { tenant: 'erased', cursor: null, limit: 10 }
      expect((await storage.listFieldChanges(log)).items.map((line) => line.key)).toEqual([other])
      expect((await storage.search.find('erased', 'unspeakable', 10)).map((hit) => hit.key)).toEqual([other])
      const answer = await storage.readAnswer('erased', 'ada', key.id)
      expect(answer?.body).toEqual({ collection: key.collection, id: key.id, outcomes: {} })
      const rows = [...(await storage.tableRows(key)).values()].flat()
      expect(rows).toEqual([])
      expect(await storage.readRecord(other)).toMatchObject({ erased: false, fields: { name: 'Ada' } })
      expect(await storage.erasureIsPending()).toBe(false)
    })

    test('W6, E2: a long history that is erased while it is loaded is whole, or gone', async () => {
      const key = newKey()
      const journal = Array.from({ length: 5_000 }, (_, index) => entryAt(index))
      await storage.commit(fieldsPlan(key, 0, 1, { journal }))
      const plan = await planFor(key, true)
      const loading = storage.load(key, 'fields')
      expect(await storage.erase(plan)).toEqual(COMMITTED)
      // As many as the erasure has left out come after it.
      const anew = journal.map((entry) => ({ ...entry, chain: `${entry.chain} anew` }))
      expect(await storage.commit(fieldsPlan(key, journal.length + 1, 2, { journal: anew }))).toEqual(
        COMMITTED,
      )
      const { version, erasure, tail } = await loading
      expect(version).toBe((erasure?.version ?? 0) + tail.length)
      expect(tail).toEqual((erasure === null ? journal : anew).slice(0, tail.length))
    })

    test('W3: a plan that either lane has left behind writes nothing', async () => {
      for (const lane of ['fields', 'text'] as const) {
        const key = newKey()
        await fill(key)
        const plan = await planFor(key)
        const later = lane === 'fields' ? fieldsPlan(key, 1, 3) : textPlan(key, 1, 3)
        expect(await storage.commit(later)).toEqual(COMMITTED)
        expect(await storage.erase(plan)).toEqual({ status: 'stale' })
        expect(await storage.readRecord(key)).toMatchObject({ erased: false, fields: { name: 'Ada' } })
        // Nor does a commit on what has been erased meanwhile.
        expect(await storage.erase(await planFor(key))).toEqual(COMMITTED)
        expect(await storage.commit(fieldsPlan(key, 1, 4))).toEqual({ status: 'stale' })
        expect(await storage.commitText(textProjection(key, 1, 'late words'))).toEqual({ status: 'stale' })
      }
    })

    test('E3: a record that begins anew is loaded from its stub on; its text of before is never shown again', async () => {
      const key = newKey()
      await fill(key)
      await storage.erase(await planFor(key, true))
      const documentId = documentIdOf(key, 1)
      const anew = fieldsPlan(key, 2, 60, { documentId, view: viewOf({ name: 'Bea' }) })
      expect(await storage.commit(anew)).toEqual(COMMITTED)
      expect(await storage.readRecord(key)).toMatchObject({
        erased: false,
        deleted: false,
        createdAt: at(60),
      })
      expect(await storage.commitText(textProjection(key, 1, 'late words'))).toEqual({ status: 'stale' })
      expect((await storage.load(key, 'fields')).tail).toHaveLength(1)
      expect(await storage.commit(textPlan(key, 2, 61, { documentId }))).toEqual(COMMITTED)
      expect(await storage.laggingTexts(10)).toContainEqual(key)
      const document = { key, compartment: '' }
      expect(await storage.findDocument(documentId)).toEqual(document)
      expect(await storage.findDocument(documentIdOf(key))).toBeNull()
      expect(await storage.findErased(documentIdOf(key))).toEqual(document)
      expect(await storage.findErased(documentId)).toBeNull()
    })

    test('E7: erasures are listed newest first, and contributions by collection and id, a page at a time', async () => {
      const keys = [newKey('listed'), newKey('listed'), newKey('listed')]
      for (const key of keys) await fill(key)
      const page = { tenant: 'listed', subject: 'bob', limit: 2 }
      const first = await storage.listContributions({ ...page, cursor: null })
      const second = await storage.listContributions({ ...page, cursor: first.next })
      expect([...first.items, ...second.items]).toEqual(keys)
      expect([first.items.length, second.next]).toEqual([2, null])
      for (const key of keys) await storage.erase(await planFor(key))
      expect((await storage.listContributions({ ...page, cursor: null })).items).toEqual([])
      const newest = await storage.listErasures('listed', null, 2)
      const oldest = await storage.listErasures('listed', newest.next, 2)
      expect([...newest.items, ...oldest.items].map(({ key }) => key)).toEqual([...keys].reverse())
      expect(newest.items[0]).toMatchObject({ entries: 2, origin: { subject: 'dora' } })
      expect((await storage.listErasures('nobody', null, 2)).items).toEqual([])
    })
  })
}
