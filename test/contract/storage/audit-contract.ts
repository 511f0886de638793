/** The contract of `schemas` and `audit`: what proves the journal is kept as it was given (S7, S8). */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainJournal, chainOf, chainStart } from '../../../server/plan/journal-chain.ts'
import type { AuditStorage, Checkpoint } from '../../../server/storage/audit-storage.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { collection } from '../../../shared/schema/collection.ts'
import { digestOf, encodeCollection } from '../../../shared/schema/collection-definition.ts'
import { s } from '../../../shared/schema/field.ts'
import { at, entryAt, fieldsPlan, newKey, snapshotAt, textPlan } from './plan-fixture.ts'
import { type ContractSubject, contractSchema, type OpenSubject, schemaOf } from './subject.ts'

const checkpoint = (number: number, overrides: Partial<Checkpoint> = {}): Checkpoint => ({
  number,
  at: at(number),
  position: number * 10,
  heads: `[["default","patients","${number}","text",1,"chain-1"]]`,
  previous: number === 1 ? null : `digest-${number - 1}`,
  keyId: 'key',
  digest: `digest-${number}`,
  signature: 'c2lnbmF0dXJl',
  ...overrides,
})

export function auditContract(open: OpenSubject): void {
  describe('audit', () => {
    let subject: ContractSubject
    let storage: Storage
    let audit: AuditStorage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
      audit = storage.audit
    })
    afterAll(() => subject.cleanup())

    test('S7: records and entries are told as they were committed, a page at a time', async () => {
      const key = newKey('audited')
      const journal = [entryAt(1), { ...entryAt(2), schema: null }, entryAt(3)]
      await storage.commit(fieldsPlan(key, 0, 3, { journal }))
      await storage.keepSnapshots(key, [snapshotAt(3, 3, [9])])
      await storage.commit(textPlan(key, 0, 4))
      expect(await audit.scanRecords({ tenant: 'audited', collection: '', id: '' }, 1)).toEqual([
        {
          key,
          documentId: documentIdOf(key),
          versions: new Map([
            ['fields', 3],
            ['text', 1],
          ]),
          documentIds: new Map(),
        },
      ])
      const told = journal.map((entry, index) => ({ version: index + 1, chain: entry.chain, entry }))
      expect(await audit.scanLane(key, 'fields', 0, 2)).toEqual(told.slice(0, 2))
      expect(await audit.scanLane(key, 'fields', 2, 2)).toEqual(told.slice(2))
      expect(await audit.scanLane(newKey(), 'text', 0, 9)).toEqual([])
      expect(await audit.chainAt({ key, lane: 'fields', version: 2 })).toBe('chain-2')
      expect(await audit.chainAt({ key, lane: 'text', version: 2 })).toBeNull()
    })

    test('S7: what the store answers gives the chain that was made before it was stored', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 8 })
      // Halves of surrogate pairs and NULs included, which a store may keep otherwise than it was given them.
      const odd = fc.oneof(text, fc.constantFrom('\ud800', 'a\udc00b', '\0', '__proto__'))
      const origin = fc.record({
        subject: odd,
        roles: fc.array(odd, { maxLength: 2 }),
        session: odd,
        door: fc.constant('rest' as const),
        device: fc.option(odd),
        metadata: fc.dictionary(odd, fc.oneof(odd, fc.double({ noNaN: true, noDefaultInfinity: true }))),
        claimedAt: fc.option(odd),
        receivedAt: odd,
      })
      const entry = fc.record({
        kind: fc.constantFrom('change' as const, 'update' as const),
        bytes: fc.uint8Array({ maxLength: 20 }),
        hash: fc.option(fc.string()),
        origin,
      })
      await fc.assert(
        fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 20 }), async (entries) => {
          const key = newKey()
          const start = chainStart(documentIdOf(key), 'text')
          const journal = chainJournal({ lane: 'text', version: 0, chain: start }, entries, 'schema')
          await storage.commit(textPlan(key, 0, 1, { journal }))
          const stored = await audit.scanLane(key, 'text', 0, 99)
          expect(stored).toHaveLength(journal.length)
          let previous = start
          for (const { version, entry, chain } of stored) {
            previous = chainOf(previous, 'text', version, entry ?? expect.fail('damaged'))
            expect(chain).toBe(previous)
          }
        }),
        { numRuns: 30 },
      )
    })

    test('S7: the heads that changed behind a position, and none that did not', async () => {
      const start = (await audit.changedHeads(0, 1_000))?.position ?? 0
      const [one, two] = [newKey(), newKey()]
      const entries = await audit.countEntries(0)
      await storage.commit(fieldsPlan(one, 0, 2, { journal: [entryAt(1), entryAt(2)] }))
      await storage.commit(textPlan(two, 0, 3))
      await storage.commit(fieldsPlan(one, 2, 4))
      expect(await audit.countEntries(0)).toBe(entries + 4)
      const first = await audit.changedHeads(start, 3)
      expect(first?.heads).toHaveLength(2)
      expect(first?.heads).toEqual(
        expect.arrayContaining([
          { key: one, lane: 'fields', version: 2, chain: 'chain-2' },
          { key: two, lane: 'text', version: 1, chain: 'chain-3' },
        ]),
      )
      const rest = await audit.changedHeads(first?.position ?? 0, 3)
      expect(rest).toMatchObject({
        heads: [{ key: one, lane: 'fields', version: 3, chain: 'chain-4' }],
        isLast: true,
      })
      expect(await audit.changedHeads(rest?.position ?? 0, 3)).toBeNull()
    })

    test('S7: checkpoints follow each other, and one that does not is stale', async () => {
      const [first, second] = [checkpoint(1), checkpoint(2)]
      expect(await audit.newestCheckpoint()).toBeNull()
      expect(await audit.commitCheckpoint(second)).toEqual({ status: 'stale' })
      expect(await audit.commitCheckpoint(first)).toEqual({ status: 'committed' })
      expect(await audit.commitCheckpoint(first)).toEqual({ status: 'stale' })
      expect(await audit.commitCheckpoint({ ...second, previous: 'other' })).toEqual({ status: 'stale' })
      expect(await audit.commitCheckpoint(second)).toEqual({ status: 'committed' })
      expect(await audit.newestCheckpoint()).toEqual(second)
      expect(await audit.scanCheckpoints(0, 9)).toEqual([first, second])
      expect(await audit.scanCheckpoints(1, 9)).toEqual([second])
    })

    test('S8: the running schema is known by its digests, as it is', () => {
      for (const spec of contractSchema.values()) expect(storage.schemas.get(digestOf(spec))).toBe(spec)
      expect(storage.schemas.size).toBe(contractSchema.size)
    })
  })

  test('S8: a schema that was in force before stays readable, and is kept once', async () => {
    const subject = await open()
    await subject.storage.close()
    const later = schemaOf({ visits: collection({ reason: s.string().critical(), report: s.text() }) })
    await (await subject.reopen(later)).close()
    const storage = await subject.reopen(later)
    const all = [...contractSchema.values(), ...later.values()]
    expect([...storage.schemas.keys()].sort()).toEqual(all.map(digestOf).sort())
    for (const spec of all) expect(storage.schemas.get(digestOf(spec))).toEqual(spec)
    expect((await storage.audit.readSchemas()).map(({ definition }) => definition).sort()).toEqual(
      all.map(encodeCollection).sort(),
    )
    await subject.cleanup()
  })
}
