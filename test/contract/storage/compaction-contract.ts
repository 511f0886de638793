/** The contract of `compaction`: older entries of a text are found, and one is put in their place (S10). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compactionOf } from '../../../server/plan/compaction.ts'
import type { ChainedEntry } from '../../../server/plan/plan.ts'
import type { CompactionPlan } from '../../../server/plan/plan-compaction.ts'
import { planCompaction } from '../../../server/plan/plan-compaction.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { numbered, requestFor, textOf, typedEntries } from '../../support/compacted-text.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { at, fieldsPlan, newKey, textPlan, textProjection, viewOf } from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

const COMMITTED = { status: 'committed' }
const COUNT = 6
const LIMITS = { entries: 100, bytes: 1_000_000 }
const PAGE = { records: 100, entriesMax: 100 }

export function compactionContract(open: OpenSubject): void {
  describe('compaction', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    /** A text of six updates, the nth received at second n. */
    async function typed(tenant = 'default'): Promise<{ key: RecordKey; entries: readonly ChainedEntry[] }> {
      const key = newKey(tenant)
      const entries = typedEntries(key, COUNT, new SeededRandom(6))
      await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({ name: 'Ada' }) }))
      const bindings = [{ author: 'yjs:1', subject: 'ada' }]
      await storage.commit(textPlan(key, 0, COUNT, { journal: entries, bindings }))
      return { key, entries }
    }

    /** Covers the journal as it is. */
    async function cover(): Promise<void> {
      const newest = await storage.audit.newestCheckpoint()
      const page = await storage.audit.changedHeads(newest?.position ?? 0, 1_000)
      const number = (newest?.number ?? 0) + 1
      const body = { number, at: at(1), position: page?.position ?? 0, heads: '[]', keyId: 'key' }
      const previous = newest?.digest ?? null
      const checkpoint = { ...body, previous, digest: `digest-${number}`, signature: 'c2ln' }
      expect(await storage.audit.commitCheckpoint(checkpoint)).toEqual(COMMITTED)
    }

    function joining(key: RecordKey, entries: readonly ChainedEntry[], count: number): CompactionPlan {
      const all = numbered(entries)
      return planCompaction(requestFor(key, all, count, all.at(-1) ?? expect.fail()))
    }

    test('S10: one entry takes the place of those that it stands for, and the lane loads as before', async () => {
      const { key, entries } = await typed()
      const before = await storage.load(key, 'text')
      const plan = joining(key, entries, 4)
      expect(await storage.compaction.compactText(plan)).toEqual(COMMITTED)
      expect(await storage.scanJournal(key, 'text')).toEqual([plan.entry, ...entries.slice(4)])
      const lane = await storage.load(key, 'text')
      expect(lane).toEqual({ ...before, snapshot: lane.snapshot, tail: entries.slice(4) })
      expect(lane.snapshot?.version).toBe(4)
      expect(Buffer.from(lane.snapshot?.bytes ?? [])).toEqual(Buffer.from(textOf(entries.slice(0, 4)).state))
      expect(await storage.audit.chainAt({ key, lane: 'text', version: 4 })).toBe(plan.entry.chain)
      expect(await storage.audit.findCompaction(key)).toMatchObject({ version: 4, entry: plan.entry })
      expect(await storage.load(key, 'fields')).toMatchObject({ version: 1, snapshot: null })
    })

    test('S10: a lane that is joined whole goes on with the chain of its last entry', async () => {
      const { key, entries } = await typed()
      await storage.compaction.compactText(joining(key, entries, COUNT))
      expect(await storage.load(key, 'text')).toMatchObject({
        version: COUNT,
        chain: entries.at(-1)?.chain,
        tail: [],
        snapshot: { version: COUNT },
      })
      expect(await storage.commit(textPlan(key, COUNT, 9))).toEqual(COMMITTED)
      expect(await storage.load(key, 'text')).toMatchObject({ version: COUNT + 1, chain: 'chain-9' })
      const heads = (await storage.audit.changedHeads(0, 1_000))?.heads ?? []
      const own = heads.filter((head) => head.key.id === key.id && head.lane === 'text')
      expect(own.map(({ version }) => version).sort()).toEqual([COUNT, COUNT + 1])
    })

    test('S10: entries that are no longer as planned are left as they are (W3)', async () => {
      const { key, entries } = await typed()
      const [plan, longer] = [joining(key, entries, 3), joining(key, entries, 5)]
      expect(await storage.compaction.compactText({ ...plan, key: newKey() })).toEqual({ status: 'stale' })
      const wrong = { ...plan, expectedChain: 'another' }
      expect(await storage.compaction.compactText(wrong)).toEqual({ status: 'stale' })
      expect(await storage.scanJournal(key, 'text')).toEqual(entries)
      expect(await storage.compaction.compactText(plan)).toEqual(COMMITTED)
      // Two nodes that have planned the same, or one beyond the other.
      expect(await storage.compaction.compactText(plan)).toEqual({ status: 'stale' })
      expect(await storage.compaction.compactText(longer)).toEqual({ status: 'stale' })
      expect(await storage.scanJournal(key, 'text')).toEqual([plan.entry, ...entries.slice(3)])
    })

    test('S10: there is no snapshot beside a compaction that holds as much, also if it comes late', async () => {
      const { key, entries } = await typed()
      const snapshot = Uint8Array.of(1, 2, 3)
      await storage.commitText(textProjection(key, 4, 'shown', { snapshot }))
      await storage.compaction.compactText(joining(key, entries, 3))
      expect((await storage.load(key, 'text')).snapshot).toEqual({ version: 4, bytes: snapshot })
      const [compacted, ...rest] = await storage.scanJournal(key, 'text')
      const joined = [{ version: 3, entry: compacted ?? expect.fail() }, ...numbered(rest, 3)]
      const last = joined.at(-1) ?? expect.fail()
      await storage.compaction.compactText(planCompaction(requestFor(key, joined, 3, last)))
      await storage.commitText(textProjection(key, 5, 'shown later', { snapshot }))
      const lane = await storage.load(key, 'text')
      expect([lane.snapshot?.version, lane.tail.length]).toEqual([5, 1])
      expect(lane.snapshot?.bytes).not.toEqual(snapshot)
    })

    test('S2: a text that lags is still found when what it waits for has been joined', async () => {
      const { key, entries } = await typed()
      await storage.compaction.compactText(joining(key, entries, 4))
      expect(await storage.laggingTexts(1_000)).toContainEqual(key)
      await storage.commitText(textProjection(key, COUNT, 'shown'))
      expect(await storage.laggingTexts(1_000)).not.toContainEqual(key)
    })

    test('S11: what was received before a time is found, a page of records at a time', async () => {
      const [first, second] = [await typed('aged'), await typed('aged')]
      const start = { tenant: 'aged', collection: '', id: '' }
      const bytes = first.entries.slice(0, 3).reduce((sum, entry) => sum + entry.bytes.byteLength, 0)
      const found = { key: first.key, entries: 3, bytes, compactedBytes: 0 }
      expect(await storage.compaction.findOldTexts(at(4), start, { ...PAGE, records: 1 })).toEqual({
        items: [found],
        last: first.key,
      })
      expect(
        await storage.compaction.findOldTexts(at(4), start, { records: 2, entriesMax: 2 }),
      ).toMatchObject({
        items: [{ entries: 2 }, { entries: 2 }],
        last: second.key,
      })
      expect((await storage.compaction.findOldTexts(at(1), start, PAGE)).items).toEqual([])
      const plan = joining(first.key, first.entries, 2)
      await storage.compaction.compactText(plan)
      expect((await storage.compaction.findOldTexts(at(4), start, PAGE)).items[0]).toMatchObject({
        entries: 1,
        compactedBytes: plan.entry.bytes.byteLength,
      })
      expect(await storage.compaction.findOldTexts(at(9), { ...start, tenant: 'zz' }, PAGE)).toEqual({
        items: [],
        last: null,
      })
    })

    test('S10: entries are read up to a time and a limit, and as far as a checkpoint covers them', async () => {
      const { key, entries } = await typed('covered')
      const read = (before: string, limits = LIMITS) => storage.compaction.readOldEntries(key, before, limits)
      expect(await read(at(9))).toBeNull()
      await cover()
      await storage.commit(textPlan(key, COUNT, 7))
      const checkpoint = await storage.audit.newestCheckpoint()
      const all = numbered(entries)
      expect(await read(at(9))).toEqual({ start: 0, startChain: null, entries: all, checkpoint })
      expect((await read(at(4)))?.entries).toEqual(all.slice(0, 3))
      expect((await read(at(9), { ...LIMITS, entries: 2 }))?.entries).toHaveLength(2)
      expect((await read(at(9), { ...LIMITS, bytes: 1 }))?.entries).toEqual(all.slice(0, 1))
      expect(await read(at(1))).toBeNull()
      const plan = joining(key, entries, 2)
      await storage.compaction.compactText(plan)
      const next = await read(at(4))
      expect(next?.entries).toEqual([{ version: 2, entry: plan.entry }, all[2]])
      expect(await read(at(3))).toBeNull()
      expect(await storage.compaction.readOldEntries(newKey(), at(9), LIMITS)).toBeNull()
    })

    test('R5, E7: whose client ids they are stays known', async () => {
      const { key, entries } = await typed('bound')
      await storage.compaction.compactText(joining(key, entries, COUNT))
      expect((await storage.load(key, 'text')).bindings).toEqual(new Map([['yjs:1', 'ada']]))
      const filter = { tenant: 'bound', subject: 'ada', cursor: null, limit: 9 }
      expect((await storage.listContributions(filter)).items).toEqual([key])
      const found = (await storage.audit.findCompaction(key))?.entry ?? expect.fail()
      expect(compactionOf(found).contributions.map(({ subject: name }) => name)).toContain('ada')
    })
  })
}
