/** The contract of `readConflict`, `listConflicts` and `countConflicts`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConflictFilter, Storage } from '../../../server/storage/storage.ts'
import type { Conflict, Side } from '../../../shared/conflicts/conflict.ts'
import { at, conflictAt, fieldsPlan, newKey, sideAt } from './plan-fixture.ts'
import { readPages } from './record-contract.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

export function conflictContract(open: OpenSubject): void {
  describe('conflicts', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    const list = (tenant: string, overrides: Partial<ConflictFilter> = {}) =>
      storage.listConflicts({
        tenant,
        states: null,
        collection: null,
        recordId: null,
        cursor: null,
        limit: 50,
        ...overrides,
      })
    const listIds = async (tenant: string, overrides: Partial<ConflictFilter> = {}) =>
      (await list(tenant, overrides)).items.map(({ conflict }) => conflict.id)

    test('C8: a conflict keeps every fact of every side, in order', async () => {
      const key = newKey('kept')
      const conflict = conflictAt('c1', 5, {
        kind: 'increment-set',
        fields: ['dose', 'unit'],
        base: { mg: 5 },
        inForce: [1, 2],
        alongside: [sideAt(6, { operation: 'increment', value: 3 })],
        challengers: [
          sideAt(7, { supersededBy: 'side-8', device: 'phone', claimedAt: at(1) }),
          sideAt(8, { operation: 'delete', value: null, door: 'server' }),
        ],
      })
      await storage.commit(fieldsPlan(key, 0, 5, { conflicts: [conflict] }))
      expect(await storage.readConflict('kept', 'c1')).toEqual({ conflict, key })
      expect((await list('kept')).items).toEqual([{ conflict, key }])
      expect(await storage.readConflict('another', 'c1')).toBeNull()
    })

    test('C5, C6: a conflict is written whole: its sides are replaced, its resolution kept', async () => {
      const key = newKey('whole')
      const opened = conflictAt('c2', 1, { challengers: [sideAt(2), sideAt(3), sideAt(4)] })
      await storage.commit(fieldsPlan(key, 0, 1, { conflicts: [opened] }))
      const resolution = {
        choose: 'side-2',
        value: 'flu',
        seen: ['side-1', 'side-2'],
        note: null,
        author: 'doc',
        at: at(6),
        changeHash: 'h',
        dismisses: false,
        approvals: [{ author: 'chief', at: at(6) }],
      }
      const resolved: Conflict = {
        ...opened,
        state: 'resolved',
        challengers: [sideAt(2)],
        resolution,
        events: [...opened.events, { type: 'resolved', resolution, at: at(6), author: 'doc' }],
      }
      await storage.commit(fieldsPlan(key, 1, 6, { conflicts: [resolved] }))
      expect(await storage.readConflict('whole', 'c2')).toEqual({ conflict: resolved, key })
      expect(await storage.countConflicts('whole', ['open'])).toBe(0)
      expect(await storage.countConflicts('whole', ['open', 'resolved'])).toBe(1)
      expect(await storage.countConflicts('whole', [])).toBe(0)
    })

    test('C4, C8: sides that come, are replaced and are dropped one after the other are kept in order', async () => {
      const key = newKey('grows')
      const sides = [1, 2, 3].map((n) => sideAt(n))
      const steps: readonly (readonly Side[])[] = [
        sides,
        [...sides, sideAt(4)],
        [...sides, { ...sideAt(4), supersededBy: 'side-5' }, sideAt(5)],
        [...sides.slice(1), sideAt(5), sideAt(6)],
        [sideAt(6)],
      ]
      for (const [version, challengers] of steps.entries()) {
        const conflict = conflictAt('c3', 1, { challengers })
        await storage.commit(fieldsPlan(key, version, version + 1, { conflicts: [conflict] }))
        expect(await storage.readConflict('grows', 'c3')).toEqual({ conflict, key })
      }
      const last = conflictAt('c3', 1, { incumbent: sideAt(6), challengers: [sideAt(1)] })
      await storage.commit(fieldsPlan(key, steps.length, steps.length + 1, { conflicts: [last] }))
      expect(await storage.readConflict('grows', 'c3')).toEqual({ conflict: last, key })
    })

    test('K6: conflicts are counted by collection, state, kind and fields, as far as a filter asks', async () => {
      const conflicts = [
        conflictAt('n1', 1),
        conflictAt('n2', 2),
        conflictAt('n3', 3, { state: 'assigned', assignee: 'ada' }),
        conflictAt('n4', 4, { fields: ['dose', 'unit'] }),
      ]
      for (const conflict of conflicts)
        await storage.commit(fieldsPlan(newKey('counted'), 0, 1, { conflicts: [conflict] }))
      const all = { tenant: 'counted', states: null, collection: null, recordId: null }
      const [first] = conflicts
      const group = { collection: 'patients', kind: first?.kind, fields: first?.fields, state: 'open' }
      const counted = await storage.groupConflicts(all)
      expect(counted).toHaveLength(3)
      expect(counted).toEqual(
        expect.arrayContaining([
          { ...group, count: 2 },
          { ...group, state: 'assigned', count: 1 },
          { ...group, fields: ['dose', 'unit'], count: 1 },
        ]),
      )
      expect(await storage.groupConflicts({ ...all, assignee: 'ada' })).toEqual([
        { ...group, state: 'assigned', count: 1 },
      ])
      expect(await storage.groupConflicts({ ...all, collection: 'tickets' })).toEqual([])
    })

    test('a conflict id of another tenant is another conflict; of another record it is refused', async () => {
      const [mine, yours, stray] = [newKey('mine'), newKey('yours'), newKey('mine')]
      await storage.commit(fieldsPlan(mine, 0, 1, { conflicts: [conflictAt('same', 1)] }))
      await storage.commit(fieldsPlan(yours, 0, 1, { conflicts: [conflictAt('same', 2)] }))
      expect((await storage.readConflict('mine', 'same'))?.conflict).toEqual(conflictAt('same', 1))
      expect((await storage.readConflict('yours', 'same'))?.conflict).toEqual(conflictAt('same', 2))
      const taking = fieldsPlan(stray, 0, 1, { conflicts: [conflictAt('same', 3)] })
      expect(await storage.commit(taking)).toMatchObject({ status: 'failed', fatal: false })
      expect((await storage.readConflict('mine', 'same'))?.key).toEqual(mine)
    })

    test('the inbox lists newest first, by state, collection and record, page by page', async () => {
      const [first, second] = [newKey('inbox'), newKey('inbox', 'visits')]
      const conflicts = [
        conflictAt('i1', 1),
        conflictAt('i2', 3, { state: 'resolved' }),
        conflictAt('i3', 2, { state: 'reopened' }),
      ]
      await storage.commit(fieldsPlan(first, 0, 1, { conflicts }))
      await storage.commit(fieldsPlan(second, 0, 1, { conflicts: [conflictAt('i4', 3)] }))
      expect(await listIds('inbox')).toEqual(['i4', 'i2', 'i3', 'i1'])
      expect(await listIds('inbox', { states: ['open', 'reopened'] })).toEqual(['i4', 'i3', 'i1'])
      expect(await listIds('inbox', { states: [] })).toEqual([])
      expect(await listIds('inbox', { collection: 'visits' })).toEqual(['i4'])
      expect(
        await listIds('inbox', { collection: 'patients', recordId: first.id, states: ['open'] }),
      ).toEqual(['i1'])
      expect(await listIds('inbox', { recordId: second.id })).toEqual(['i4'])
      const paged = await readPages((cursor) => list('inbox', { cursor, limit: 3 }))
      expect(paged.sizes).toEqual([3, 1])
      expect(paged.items.map(({ conflict }) => conflict.id)).toEqual(['i4', 'i2', 'i3', 'i1'])
      await expect(list('inbox', { cursor: 'WzFd' })).rejects.toMatchObject({ code: 'bad_request' })
    })

    test('C7: the inbox lists by assignee, field, kind and author of a side', async () => {
      const key = newKey('filters')
      const conflicts = [
        conflictAt('f1', 1, { assignee: 'dora', state: 'assigned', fields: ['dose', 'unit'] }),
        conflictAt('f2', 2, {
          kind: 'set-delete',
          fields: ['dose'],
          challengers: [sideAt(9, { author: 'bob' })],
        }),
        conflictAt('f3', 3, { kind: 'dead-letter', fields: [], alongside: [sideAt(8, { author: 'bob' })] }),
      ]
      await storage.commit(fieldsPlan(key, 0, 1, { conflicts }))
      expect(await listIds('filters', { assignee: 'dora' })).toEqual(['f1'])
      expect(await listIds('filters', { assignee: null })).toEqual(['f3', 'f2'])
      expect(await listIds('filters', { assignee: undefined })).toEqual(['f3', 'f2', 'f1'])
      expect(await listIds('filters', { field: 'dose' })).toEqual(['f2', 'f1'])
      expect(await listIds('filters', { field: 'unit' })).toEqual(['f1'])
      expect(await listIds('filters', { kind: 'dead-letter' })).toEqual(['f3'])
      expect(await listIds('filters', { author: 'bob' })).toEqual(['f3', 'f2'])
      expect(await listIds('filters', { author: 'bob', field: 'dose', assignee: null })).toEqual(['f2'])
      const paged = await readPages((cursor) => list('filters', { author: 'ada', cursor, limit: 2 }))
      expect(paged.items.map(({ conflict }) => conflict.id)).toEqual(['f3', 'f2', 'f1'])
      // Written again it is found by what it is now.
      await storage.commit(fieldsPlan(key, 1, 2, { conflicts: [conflictAt('f1', 1, { fields: ['name'] })] }))
      expect(await listIds('filters', { assignee: 'dora' })).toEqual([])
      expect(await listIds('filters', { field: 'dose' })).toEqual(['f2'])
      expect(await listIds('filters', { field: 'name' })).toEqual(['f1'])
    })

    test('C7: a proposal is kept whole, with who has approved it', async () => {
      const key = newKey('proposed')
      const conflict = conflictAt('p', 1, {
        state: 'awaiting-approval',
        assignee: 'dora',
        proposal: {
          id: 'p1',
          choose: null,
          value: { dose: 8, unit: 'mg' },
          seen: ['side-1', 'side-2'],
          note: 'Ångström',
          dismisses: false,
          author: 'dora',
          at: at(3),
          approvals: [{ author: 'lee', at: at(4) }],
        },
      })
      await storage.commit(fieldsPlan(key, 0, 1, { conflicts: [conflict] }))
      expect(await storage.readConflict('proposed', 'p')).toEqual({ conflict, key })
      expect(await storage.countConflicts('proposed', ['awaiting-approval'])).toBe(1)
    })
  })
}
