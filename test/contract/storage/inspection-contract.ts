/** The contract of `inspection`: sizes, outlines and what waits, as the journal and the tables have them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InspectionStorage } from '../../../server/storage/inspection-storage.ts'
import type { Storage } from '../../../server/storage/storage.ts'
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
} from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

export function inspectionContract(open: OpenSubject): void {
  describe('inspection', () => {
    let subject: ContractSubject
    let storage: Storage
    let inspection: InspectionStorage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
      inspection = storage.inspection
    })
    afterAll(() => subject.cleanup())

    test('O4: the sizes of each lane are told, and none of a record that there is not', async () => {
      const key = newKey()
      expect(await inspection.laneSizes(key)).toEqual([])
      const journal = [entryAt(1, [1, 2, 3]), entryAt(2, [4])]
      await storage.commit(fieldsPlan(key, 0, 2, { journal }))
      await storage.keepSnapshots(key, [snapshotAt(2, 2, [1, 2, 3, 4, 5])])
      await storage.commit(textPlan(key, 0, 3))
      expect(await inspection.laneSizes(key)).toEqual([
        { lane: 'fields', entries: 2, bytes: 4, snapshotBytes: 5 },
        { lane: 'text', entries: 1, bytes: 3, snapshotBytes: null },
      ])
    })

    test('O4: entries are told without their content, the newest first, a page at a time', async () => {
      const key = newKey()
      const journal = [1, 2, 3, 4].map((second) =>
        entryAt(
          second,
          Array.from({ length: second }, () => 7),
        ),
      )
      await storage.commit(fieldsPlan(key, 0, 4, { journal }))
      const outline = (version: number) => ({
        version,
        kind: 'change',
        hash: `hash-${version}`,
        bytes: version,
        origin: originAt(version),
      })
      expect(await inspection.listEntries(key, 'fields', null, 2)).toEqual([outline(4), outline(3)])
      expect(await inspection.listEntries(key, 'fields', 3, 5)).toEqual([outline(2), outline(1)])
      expect(await inspection.listEntries(key, 'text', null, 5)).toEqual([])
      expect(await inspection.listEntries(newKey(), 'fields', null, 5)).toEqual([])
    })

    test('O4: a text is read up to a version, whatever its snapshot', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1))
      for (const version of [0, 1, 2]) await storage.commit(textPlan(key, version, version + 2))
      await storage.commitText(textProjection(key, 3, 'abc', { snapshot: Uint8Array.of(1) }))
      const bytes = (await inspection.textUpTo(key, 2)).map((entry) => [...entry.bytes])
      expect(bytes).toEqual([
        [2, 0, 255],
        [3, 0, 255],
      ])
      expect(await inspection.textUpTo(newKey(), 2)).toEqual([])
    })

    test('R5: the subjects that author ids are bound to are told for the record alone', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1, { bindings: [{ author: 'aa', subject: 'ann' }] }))
      await storage.commit(textPlan(key, 0, 2, { bindings: [{ author: '7', subject: 'bob' }] }))
      expect(await inspection.authors(key)).toEqual(
        new Map([
          ['aa', 'ann'],
          ['7', 'bob'],
        ]),
      )
      expect(await inspection.authors(newKey())).toEqual(new Map())
    })

    test('O2: what waits is counted by tenant, and for all of them', async () => {
      const tenant = 'backlogged'
      const before = await inspection.backlog(null)
      const nothing = {
        openConflicts: 0,
        oldestConflictAt: null,
        laggingTexts: 0,
        laggingUpdates: 0,
        outboxEvents: 0,
      }
      expect(await inspection.backlog(tenant)).toEqual(nothing)
      const key = newKey(tenant)
      const decided = conflictAt('decided', 1, {
        state: 'resolved',
        resolution: {
          choose: null,
          value: 1,
          seen: [],
          note: null,
          dismisses: false,
          author: 'ann',
          at: at(9),
          approvals: [],
          changeHash: '',
        },
      })
      await storage.commit(
        fieldsPlan(key, 0, 5, {
          conflicts: [decided, conflictAt('old', 3), conflictAt('young', 4)],
          outbox: [{ id: 'e1', event: 'conflict.opened', payload: {} }],
        }),
      )
      await storage.commit(textPlan(key, 0, 6))
      await storage.commit(textPlan(key, 1, 7))
      const waiting = {
        openConflicts: 2,
        oldestConflictAt: at(3),
        laggingTexts: 1,
        laggingUpdates: 2,
        outboxEvents: 1,
      }
      expect(await inspection.backlog(tenant)).toEqual(waiting)
      expect(await inspection.backlog('nobody')).toEqual(nothing)
      const all = await inspection.backlog(null)
      expect(all.openConflicts - before.openConflicts).toBe(2)
      expect(all.laggingUpdates - before.laggingUpdates).toBe(2)
      await storage.commitText(textProjection(key, 2, 'ab'))
      expect(await inspection.backlog(tenant)).toMatchObject({ laggingTexts: 0, laggingUpdates: 0 })
    })

    test('O4: lines of the change log are found by the changes that wrote them', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 3, { fieldChanges: [changeAt(1), changeAt(2), changeAt(3)] }))
      const { items } = await storage.listFieldChanges({
        tenant: key.tenant,
        collection: key.collection,
        recordId: key.id,
        changeHashes: ['hash-1', 'hash-3', 'unknown'],
        cursor: null,
        limit: 10,
      })
      expect(items.map(({ changeHash }) => changeHash)).toEqual(['hash-3', 'hash-1'])
    })
  })
}
