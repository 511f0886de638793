/** The contract of `load`, `commit`, `scanJournal`, `findDocument`, `readAnswer`, `forgetAnswers` and `close`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Storage } from '../../../server/storage/storage.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import {
  at,
  changeAt,
  conflictAt,
  entryAt,
  fieldsPlan,
  newKey,
  snapshotAt,
  textPlan,
  viewOf,
} from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

const committed = { status: 'committed' }
const stale = { status: 'stale' }
/** More than is read at once. */
const LONG_TAIL = 1_300

export function commitContract(open: OpenSubject): void {
  describe('commit and load', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    test('a record that was never written has version 0 in both lanes', async () => {
      const key = newKey()
      const nothing = {
        version: 0,
        erasure: null,
        snapshot: null,
        tail: [],
        chain: null,
        bindings: new Map(),
        createdAt: null,
        compartments: [],
      }
      expect(await storage.load(key, 'fields')).toEqual(nothing)
      expect(await storage.load(key, 'text')).toEqual(nothing)
      expect(await storage.readRecord(key)).toBeNull()
      expect(await storage.findDocument(documentIdOf(key))).toBeNull()
    })

    test('W4, S7, S8: what was committed is loaded again: bytes, origins, schemas and chains unchanged', async () => {
      const key = newKey()
      const journal = [
        { ...entryAt(1, [0, 1, 255]), kind: 'genesis' as const },
        {
          ...entryAt(2, []),
          hash: null,
          schema: null,
          origin: { ...entryAt(2).origin, device: null, claimedAt: null },
        },
      ]
      expect(await storage.commit(fieldsPlan(key, 0, 3, { journal }))).toEqual(committed)
      expect(await storage.load(key, 'fields')).toEqual({
        version: 2,
        erasure: null,
        snapshot: null,
        tail: journal,
        chain: 'chain-2',
        bindings: new Map(),
        createdAt: at(1),
        compartments: [],
      })
      expect(await storage.findDocument(documentIdOf(key))).toEqual({ key, compartment: '' })
    })

    test('W6, S7: a long tail is loaded whole and in its order, and with the chain of its last entry, also while it grows', async () => {
      const key = newKey()
      const journal = Array.from({ length: LONG_TAIL }, (_, index) => entryAt(index))
      await storage.commit(fieldsPlan(key, 0, 1, { journal }))
      const loaded = await storage.load(key, 'fields')
      expect(loaded.tail).toEqual(journal)
      expect([loaded.version, loaded.chain]).toEqual([LONG_TAIL, journal.at(-1)?.chain])
      const loading = storage.load(key, 'fields')
      const more = { journal: [entryAt(LONG_TAIL)] }
      expect(await storage.commit(fieldsPlan(key, LONG_TAIL, 2, more))).toEqual(committed)
      const { version, chain, tail } = await loading
      expect(tail.slice(0, LONG_TAIL)).toEqual(journal)
      expect([tail.length, chain]).toEqual([version, tail.at(-1)?.chain])
      await storage.keepSnapshots(key, [snapshotAt(LONG_TAIL - 601, LONG_TAIL - 600, [])])
      expect((await storage.load(key, 'fields')).tail).toEqual([
        ...journal.slice(LONG_TAIL - 600),
        ...more.journal,
      ])
    })

    test('bytes that are a view of a larger buffer are stored without the rest of it', async () => {
      const key = newKey()
      const bytes = Uint8Array.from([9, 1, 2, 9]).subarray(1, 3)
      await storage.commit(fieldsPlan(key, 0, 1, { journal: [{ ...entryAt(1), bytes }] }))
      await storage.keepSnapshots(key, [{ ...snapshotAt(1, 1, []), bytes }])
      expect((await storage.scanJournal(key, 'fields'))[0]?.bytes).toEqual(Uint8Array.from([1, 2]))
      expect((await storage.load(key, 'fields')).snapshot?.bytes).toEqual(Uint8Array.from([1, 2]))
    })

    test('W3: a plan made on another version is stale, and nothing of it is written', async () => {
      const key = newKey('stale-tenant')
      const view = viewOf({ name: 'Ada' })
      await storage.commit(fieldsPlan(key, 0, 1, { view }))
      const answers = [
        { tenant: key.tenant, subject: 'ada', key: 'k', request: 'r', status: 200, body: { ok: true } },
      ]
      const late = fieldsPlan(key, 0, 2, {
        view: viewOf({ name: 'Bob' }),
        bindings: [{ author: 'actor', subject: 'ada' }],
        fieldChanges: [changeAt(2)],
        conflicts: [conflictAt('late', 2)],
        answers,
      })
      expect(await storage.commit(late)).toEqual(stale)
      expect(await storage.commit({ ...late, expectedVersion: 2 })).toEqual(stale)
      expect(await storage.load(key, 'fields')).toMatchObject({
        version: 1,
        erasure: null,
        snapshot: null,
        bindings: new Map(),
      })
      expect(await storage.readRecord(key)).toMatchObject({ fields: { name: 'Ada' }, updatedAt: at(1) })
      expect(await storage.readConflict(key.tenant, 'late')).toBeNull()
      expect(await storage.readAnswer(key.tenant, 'ada', 'k')).toBeNull()
      const log = { ...key, recordId: key.id, cursor: null, limit: 9 }
      expect((await storage.listFieldChanges(log)).items).toEqual([])
    })

    test('W3: of two plans made on the same version one is committed and one is stale', async () => {
      const key = newKey()
      const results = await Promise.all([
        storage.commit(fieldsPlan(key, 0, 1)),
        storage.commit(fieldsPlan(key, 0, 2)),
        storage.commit(fieldsPlan(newKey(), 0, 2)),
      ])
      expect(results).toEqual([committed, stale, committed])
      expect((await storage.load(key, 'fields')).tail).toEqual([entryAt(1)])
    })

    test('the lanes of a record advance on their own, and either may come first', async () => {
      const key = newKey()
      expect(await storage.commit(textPlan(key, 0, 1))).toEqual(committed)
      expect(await storage.commit(fieldsPlan(key, 0, 2))).toEqual(committed)
      expect(await storage.commit(textPlan(key, 1, 3))).toEqual(committed)
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 1, createdAt: at(1) })
      expect(await storage.load(key, 'text')).toMatchObject({ version: 2, createdAt: at(1) })
      expect(await storage.readRecord(key)).toMatchObject({
        textVersion: 2,
        createdAt: at(1),
        updatedAt: at(3),
      })
    })

    test('updated_at never goes back when the clock does', async () => {
      const key = newKey()
      await storage.commit(textPlan(key, 0, 9))
      await storage.commit(fieldsPlan(key, 0, 4, { view: viewOf({}) }))
      expect(await storage.readRecord(key)).toMatchObject({ createdAt: at(9), updatedAt: at(9) })
    })

    test('S5, S7: a load starts from the newest snapshot, and the journal and its chain stay whole', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1))
      await storage.commit(fieldsPlan(key, 1, 3, { journal: [entryAt(2), entryAt(3)] }))
      await storage.commit(fieldsPlan(key, 3, 4))
      expect(await storage.keepSnapshots(key, [snapshotAt(3, 3, [3])])).toEqual(committed)
      expect(await storage.load(key, 'fields')).toMatchObject({
        version: 4,
        snapshot: { version: 3, bytes: Uint8Array.of(3) },
        tail: [entryAt(4)],
        chain: 'chain-4',
      })
      await storage.commit(fieldsPlan(key, 4, 5))
      expect(await storage.keepSnapshots(key, [snapshotAt(5, 5, [5])])).toEqual(committed)
      expect(await storage.keepSnapshots(key, [snapshotAt(4, 4, [4])])).toEqual(committed)
      expect(await storage.load(key, 'fields')).toMatchObject({
        snapshot: { version: 5, bytes: Uint8Array.of(5) },
        tail: [],
        chain: 'chain-5',
      })
      expect(await storage.load(key, 'text')).toMatchObject({ version: 0, snapshot: null, tail: [] })
      expect(await storage.scanJournal(key, 'fields')).toEqual(
        [1, 2, 3, 4, 5].map((second) => entryAt(second)),
      )
    })

    test('S5: a snapshot is kept for an entry that the journal has, and for no other', async () => {
      const key = newKey()
      expect(await storage.keepSnapshots(key, [snapshotAt(1, 1, [1])])).toEqual(stale)
      await storage.commit(fieldsPlan(key, 0, 1))
      const others = [
        snapshotAt(2, 1, [2]),
        snapshotAt(1, 2, [2]),
        snapshotAt(1, 1, [2], 'text'),
        snapshotAt(1, 1, [2], 'fields:roles:nobody'),
      ]
      for (const other of others) {
        expect(await storage.keepSnapshots(key, [snapshotAt(1, 1, [1]), other])).toEqual(stale)
        expect((await storage.load(key, 'fields')).snapshot).toBeNull()
      }
    })

    test('R5: an author is bound for good, within one record, across its lanes', async () => {
      const [key, other] = [newKey(), newKey()]
      const bindTo = (subject: string) => ({ bindings: [{ author: 'actor', subject }] })
      expect(await storage.commit(fieldsPlan(key, 0, 1, bindTo('ada')))).toEqual(committed)
      expect(await storage.commit(textPlan(key, 0, 2, bindTo('eve')))).toEqual(stale)
      expect(await storage.commit(textPlan(key, 0, 2, bindTo('ada')))).toEqual(committed)
      expect(await storage.commit(fieldsPlan(other, 0, 2, bindTo('eve')))).toEqual(committed)
      expect((await storage.load(key, 'text')).bindings).toEqual(new Map([['actor', 'ada']]))
      expect(await storage.load(key, 'text')).toMatchObject({ version: 1 })
    })

    test('R5: a plan that is refused for its last author leaves none of the others bound', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1, { bindings: [{ author: 'actor', subject: 'ada' }] }))
      const bindings = [
        { author: 'phone', subject: 'eve' },
        { author: 'actor', subject: 'eve' },
      ]
      const answers = [
        { tenant: key.tenant, subject: 'eve', key: 'r5', request: 'r', status: 200, body: { ok: true } },
      ]
      expect(await storage.commit(fieldsPlan(key, 1, 2, { bindings, answers }))).toEqual(stale)
      expect((await storage.load(key, 'fields')).bindings).toEqual(new Map([['actor', 'ada']]))
      expect(await storage.readAnswer(key.tenant, 'eve', 'r5')).toBeNull()
    })

    test('an answer is kept, and the same key again is stale', async () => {
      const key = newKey()
      const answer = {
        tenant: key.tenant,
        subject: 'ada',
        key: 'retry-1',
        request: 'digest',
        status: 201,
        body: { id: key.id, deep: [1, null] },
      }
      expect(await storage.commit(fieldsPlan(key, 0, 1, { answers: [answer] }))).toEqual(committed)
      expect(await storage.commit(fieldsPlan(key, 1, 2, { answers: [answer] }))).toEqual(stale)
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 1 })
      expect(await storage.readAnswer(key.tenant, 'ada', 'retry-1')).toEqual(answer)
      expect(await storage.readAnswer(key.tenant, 'bob', 'retry-1')).toBeNull()
      expect(await storage.readAnswer('another', 'ada', 'retry-1')).toBeNull()
    })

    test('W16: answers kept before a time are forgotten, the oldest first, as many at once as asked', async () => {
      const key = newKey()
      const answer = { tenant: key.tenant, subject: 'ada', request: 'digest', status: 200, body: {} }
      const keep = (name: string, second: number, version: number) =>
        storage.commit({
          ...fieldsPlan(key, version, 1, { answers: [{ ...answer, key: name }] }),
          at: `1999-01-01T00:00:0${second}.000Z`,
        })
      for (const [version, [name, second]] of (
        [
          ['third', 3],
          ['first', 1],
          ['second', 2],
        ] as const
      ).entries())
        expect(await keep(name, second, version)).toEqual(committed)
      const left = async (): Promise<string[]> => {
        const names = ['first', 'second', 'third']
        const found = await Promise.all(names.map((name) => storage.readAnswer(key.tenant, 'ada', name)))
        return found.flatMap((one) => one?.key ?? [])
      }
      expect(await storage.forgetAnswers('1999-01-01T00:00:03.000Z', 1)).toBe(1)
      expect(await left()).toEqual(['second', 'third'])
      expect(await storage.forgetAnswers('1999-01-01T00:00:03.000Z', 10)).toBe(1)
      expect(await left()).toEqual(['third'])
      expect(await storage.forgetAnswers('1999-01-01T00:00:03.000Z', 10)).toBe(0)
    })

    test('events of the outbox are forgotten from a time back, the oldest first', async () => {
      const { storage } = subject
      const key = newKey()
      const events = async (): Promise<number> => (await storage.inspection.backlog(key.tenant)).outboxEvents
      const before = await events()
      for (const [version, second] of [3, 1, 2].entries()) {
        const outbox = [{ id: `${key.id}-${second}`, event: 'record.shipped', payload: {} }]
        const plan = fieldsPlan(key, version, 1, { outbox })
        expect(await storage.commit({ ...plan, at: `1998-01-01T00:00:0${second}.000Z` })).toEqual(committed)
      }
      expect(await events()).toBe(before + 3)
      expect(await storage.forgetEvents('1998-01-01T00:00:03.000Z', 1)).toBe(1)
      expect(await storage.forgetEvents('1998-01-01T00:00:03.000Z', 10)).toBe(1)
      expect(await events()).toBe(before + 1)
      expect(await storage.forgetEvents('1998-01-01T00:00:03.000Z', 10)).toBe(0)
    })

    test('a plan may only log what was refused, and no record comes of it', async () => {
      const key = newKey()
      const plan = fieldsPlan(key, 0, 1, {
        journal: [],
        fieldChanges: [changeAt(1, { outcome: 'rejected' })],
      })
      expect(await storage.commit(plan)).toEqual(committed)
      expect(await storage.readRecord(key)).toBeNull()
      const { items } = await storage.listFieldChanges({ ...key, recordId: key.id, cursor: null, limit: 9 })
      expect(items).toHaveLength(1)
    })

    test('W5: a plan that the tables refuse fails alone and leaves nothing behind', async () => {
      const [key, neighbour] = [newKey(), newKey()]
      const broken = fieldsPlan(key, 0, 1, {
        tables: [{ op: 'upsert', table: 'patients', row: { tenant: 'default', id: key.id, no_such: 1 } }],
      })
      const foreign = fieldsPlan(key, 0, 1, {
        tables: [{ op: 'delete', table: 'sluice_journal', tenant: 'default', id: '1' }],
      })
      const results = await Promise.all(
        [fieldsPlan(newKey(), 0, 1), broken, foreign, fieldsPlan(neighbour, 0, 1)].map((plan) =>
          storage.commit(plan),
        ),
      )
      expect(results.map(({ status }) => status)).toEqual(['committed', 'failed', 'failed', 'committed'])
      expect(results[1]).toMatchObject({ fatal: false, reason: expect.stringContaining('no_such') })
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 0 })
      expect(await storage.commit(fieldsPlan(key, 0, 2))).toEqual(committed)
    })
  })

  describe('close and reopen', () => {
    test('W4: close finishes what was submitted; afterwards commits fail, and a new opening has it all', async () => {
      const subject = await open()
      const { storageId } = subject.storage
      const keys = Array.from({ length: 20 }, () => newKey())
      const results = keys.map((key) => subject.storage.commit(fieldsPlan(key, 0, 1)))
      await Promise.all([subject.storage.close(), subject.storage.close()])
      expect(await Promise.all(results)).toEqual(keys.map(() => committed))
      expect(await subject.storage.commit(fieldsPlan(newKey(), 0, 1))).toMatchObject({
        status: 'failed',
        fatal: false,
      })
      const storage = await subject.reopen()
      expect(storage.storageId).toBe(storageId)
      expect(storageId).toMatch(/^[0-9a-f-]{36}$/)
      expect(await storage.scanRecords(null, 100)).toEqual(keys)
      await subject.cleanup()
    })
  })
}
