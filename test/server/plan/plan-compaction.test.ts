// S10: what is joined gives the same text and the same chain, says who wrote how much, and is left alone if it does not fit.
import { describe, expect, test } from 'vitest'
import { compactionOf } from '../../../server/plan/compaction.ts'
import { chainOf } from '../../../server/plan/journal-chain.ts'
import { planCompaction } from '../../../server/plan/plan-compaction.ts'
import { at, newKey } from '../../contract/storage/plan-fixture.ts'
import { numbered, requestFor, textOf, typedEntries } from '../../support/compacted-text.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const COUNT = 40

describe('S10: a compaction', () => {
  test('gives the same text as the entries that it stands for, also joined again, wherever they are cut', () => {
    const random = new SeededRandom(10)
    for (let round = 0; round < 20; round++) {
      const key = newKey()
      const entries = typedEntries(key, COUNT, random)
      const all = numbered(entries)
      const [first, second] = [random.int(1, COUNT - 2), COUNT - 1]
      const signed = all[second] ?? expect.fail()
      const once = planCompaction(requestFor(key, all, first, signed))
      expect(once).toMatchObject({ start: 0, through: first, expectedEntries: first })
      const rest = all.slice(first)
      expect(textOf([once.entry, ...rest.map(({ entry }) => entry)])).toEqual(textOf(entries))

      const joinedOnce = [{ version: first, entry: once.entry }, ...rest]
      const count = random.int(2, joinedOnce.length - 1)
      const twice = planCompaction(requestFor(key, joinedOnce, count, signed))
      const after = joinedOnce.slice(count).map(({ entry }) => entry)
      expect(textOf([twice.entry, ...after])).toEqual(textOf(entries))
      const direct = planCompaction(requestFor(key, all, twice.through, signed))
      expect(compactionOf(twice.entry)).toEqual(compactionOf(direct.entry))
      expect(Buffer.compare(twice.entry.bytes, direct.entry.bytes)).toBe(0)
    }
  })

  test('names the chain that the next entry builds on, and has one of its own', () => {
    const key = newKey()
    const all = numbered(typedEntries(key, 5, new SeededRandom(1)))
    const plan = planCompaction(requestFor(key, all, 3, all[4] ?? expect.fail()))
    const { chain } = compactionOf(plan.entry)
    expect(chain).toBe(all[2]?.entry.chain)
    expect(plan.expectedChain).toBe(chain)
    const next = all[3]?.entry ?? expect.fail()
    expect(chainOf(chain, 'text', 4, next)).toBe(next.chain)
    expect(plan.entry.chain).toBe(chainOf(chain, 'text', 3, plan.entry))
    expect(plan.entry.chain).not.toBe(chain)
  })

  test('says who wrote how much and when', () => {
    const key = newKey()
    const entries = typedEntries(key, COUNT, new SeededRandom(2))
    const all = numbered(entries)
    const { entry } = planCompaction(requestFor(key, all, COUNT, all[COUNT - 1] ?? expect.fail()))
    const summary = compactionOf(entry)
    expect(summary).toMatchObject({ entries: COUNT, from: at(1), to: at(COUNT) })
    for (const { subject, ...told } of summary.contributions) {
      const own = entries.filter(({ origin }) => origin.subject === subject)
      expect(told).toEqual({
        entries: own.length,
        bytes: own.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
        from: own[0]?.origin.receivedAt,
        to: own.at(-1)?.origin.receivedAt,
      })
    }
    expect(summary.contributions.map(({ subject }) => subject).sort()).toEqual(['ada', 'bob', 'eve'])
    expect(entry.origin).toMatchObject({ subject: 'sluice', receivedAt: at(500) })
  })

  test('takes nothing away that does not fit its chain, or is not what a checkpoint has signed', () => {
    const key = newKey()
    const all = numbered(typedEntries(key, 6, new SeededRandom(3)))
    const signed = all[5] ?? expect.fail()
    const request = requestFor(key, all, 4, signed)
    const edited = all.map((one, index) =>
      index === 1
        ? { ...one, entry: { ...one.entry, origin: { ...one.entry.origin, subject: 'mallory' } } }
        : one,
    )
    expect(() => planCompaction({ ...request, entries: edited.slice(0, 4) })).toThrow(
      'version 2 does not fit',
    )
    const withGap = all.filter((_, index) => index !== 2)
    expect(() => planCompaction({ ...request, entries: withGap.slice(0, 3) })).toThrow(
      'version 4 does not fit',
    )
    // A history that was written anew fits its own chain.
    const rewritten = numbered(typedEntries(key, 6, new SeededRandom(4)))
    const forged = requestFor(key, rewritten, 4, rewritten[5] ?? expect.fail())
    expect(() => planCompaction({ ...forged, signedChain: request.signedChain })).toThrow('has signed')
    const other = { ...request, key: newKey() }
    expect(() => planCompaction(other)).toThrow('version 1 does not fit')
  })

  test('takes nothing away after a compaction that was edited', () => {
    const key = newKey()
    const all = numbered(typedEntries(key, 6, new SeededRandom(5)))
    const signed = all[5] ?? expect.fail()
    const { entry } = planCompaction(requestFor(key, all, 3, signed))
    const joined = [{ version: 3, entry }, ...all.slice(3)]
    const bytes = Uint8Array.from(entry.bytes)
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
    const edited = [{ version: 3, entry: { ...entry, bytes } }, ...all.slice(3)]
    expect(planCompaction(requestFor(key, joined, 3, signed)).through).toBe(5)
    expect(() => planCompaction(requestFor(key, edited, 3, signed))).toThrow('version 3 does not fit')
  })
})
