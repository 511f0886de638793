// S7: checkpoints cover every head once it has changed, page by page, whatever the store does meanwhile.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeHeads } from '../../../server/audit/checkpoint.ts'
import {
  checkpointKeyFile,
  openCheckpointKey,
  openCheckpointVerifier,
} from '../../../server/audit/checkpoint-key.ts'
import { Checkpointer, type CheckpointerParts } from '../../../server/audit/checkpointer.ts'
import { verifyStore } from '../../../server/audit/verify-store.ts'
import { chainJournal, chainStart } from '../../../server/plan/journal-chain.ts'
import type { JournalEntry, JournalKind, Lane } from '../../../server/plan/plan.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { at, entryAt, fieldsPlan, newKey, textPlan } from '../../contract/storage/plan-fixture.ts'
import { until } from '../../support/until.ts'
import { openSubject, type SqliteSubject } from '../storage/sqlite/sqlite-subject.ts'

let folder: string
let subject: SqliteSubject
const warnings: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  subject = await openSubject()
  warnings.length = 0
})
afterEach(async () => {
  await subject.cleanup()
  rmSync(folder, { recursive: true })
})

const partsOf = (overrides: Partial<CheckpointerParts> = {}): CheckpointerParts => ({
  audit: subject.storage.audit,
  signer: openCheckpointKey(folder),
  log: { warn: (_details, message) => warnings.push(message) },
  now: () => at(1),
  intervalMs: 3_600_000,
  ...overrides,
})

/** Commits entries of a lane, chained as the planner chains them. */
async function commit(key: RecordKey, lane: Lane, entries: readonly JournalEntry[]): Promise<void> {
  const { version, chain } = await subject.storage.load(key, lane)
  const head = { lane, version, chain: chain ?? chainStart(documentIdOf(key), lane) }
  const plan = lane === 'text' ? textPlan : fieldsPlan
  const journal = chainJournal(head, entries, null)
  expect(await subject.storage.commit(plan(key, version, 1, { journal }))).toEqual({ status: 'committed' })
}

const update = (second: number): JournalEntry => ({ ...entryAt(second), kind: 'update', hash: null })

async function verified(): Promise<Awaited<ReturnType<typeof verifyStore>> & { readonly told: string[] }> {
  const told: string[] = []
  const verifier = openCheckpointVerifier(checkpointKeyFile(folder))
  const report = (problem: string) => void told.push(problem)
  return { ...(await verifyStore({ audit: subject.storage.audit, verifier, report })), told }
}

test('S7: after every run all is covered, however commits and runs follow each other', async () => {
  const checkpointer = new Checkpointer(partsOf({ pageEntries: 4 }))
  const steps = fc.array(
    fc.oneof(
      fc.constant('run' as const),
      fc.record({
        record: fc.nat(2),
        lane: fc.constantFrom<Lane>('fields', 'text'),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const keys = [newKey(), newKey(), newKey()]
      for (const step of list) {
        if (step === 'run') await checkpointer.run()
        else {
          const key = keys[step.record] ?? expect.fail()
          await commit(
            key,
            step.lane,
            Array.from({ length: step.count }, (_, index) => update(index)),
          )
        }
      }
      await checkpointer.run()
      expect(await verified()).toMatchObject({ told: [], uncovered: 0 })
    }),
    { numRuns: 20 },
  )
  await checkpointer.stop()
})

test('S7: a checkpoint holds what has changed since the one before, and none is made for nothing', async () => {
  const checkpointer = new Checkpointer(partsOf())
  const [one, two] = [newKey(), newKey()]
  await checkpointer.run()
  await commit(one, 'text', [update(1), update(2)])
  await commit(two, 'text', [update(3)])
  await checkpointer.run()
  await checkpointer.run()
  await commit(one, 'text', [update(4)])
  await checkpointer.stop()
  const made = await subject.storage.audit.scanCheckpoints(0, 9)
  const covered = made.map(({ heads }) =>
    decodeHeads(heads)
      ?.map(({ key, version }) => [key.id, version])
      .sort(),
  )
  expect(covered).toEqual([
    [],
    [
      [one.id, 2],
      [two.id, 1],
    ],
    [[one.id, 3]],
  ])
})

test('S7: at an interval, by itself', async () => {
  const checkpointer = new Checkpointer(partsOf({ intervalMs: 10 }))
  await commit(newKey(), 'text', [update(1)])
  await until(
    async () => ((await subject.storage.audit.newestCheckpoint())?.position ?? 0) > 0,
    'a checkpoint',
  )
  await checkpointer.stop()
})

test('S7: a checkpoint that another node has made in between is followed, not repeated', async () => {
  const [a, b] = [new Checkpointer(partsOf()), new Checkpointer(partsOf())]
  for (let second = 1; second <= 5; second++) {
    await commit(newKey(), 'text', [update(second)])
    await Promise.all([a.run(), b.run()])
  }
  await Promise.all([a.stop(), b.stop()])
  const found = await verified()
  expect(found).toMatchObject({ told: [], uncovered: 0 })
  // One that comes too late leaves what it would have covered to the next.
  expect(found.checkpoints).toBeLessThanOrEqual(6)
  expect(warnings).toEqual([])
})

test('S7: a store that fails is said, and the next run makes up for it', async () => {
  const { audit } = subject.storage
  let isFailing = true
  const failed = { status: 'failed', reason: 'disk full', fatal: false } as const
  const checkpointer = new Checkpointer(
    partsOf({
      audit: {
        newestCheckpoint: () => audit.newestCheckpoint(),
        changedHeads: (after, limit) => audit.changedHeads(after, limit),
        commitCheckpoint: async (checkpoint) => (isFailing ? failed : audit.commitCheckpoint(checkpoint)),
      },
    }),
  )
  await commit(newKey(), 'text', [update(1)])
  await checkpointer.run()
  expect(warnings).toContain('no checkpoint could be written')
  expect(await verified()).toMatchObject({ uncovered: 1, told: [expect.stringContaining('no checkpoints')] })
  isFailing = false
  await checkpointer.stop()
  expect(await verified()).toMatchObject({ uncovered: 0, told: [] })
})

test('S7: of entries that are no Automerge change only the chain is checked', async () => {
  const checkpointer = new Checkpointer(partsOf())
  const json = new TextEncoder().encode('{"reason":"not allowed"}')
  const kinds = ['refusal', 'inbox'] as unknown as readonly JournalKind[]
  for (const kind of kinds)
    await commit(newKey(), 'fields', [{ ...entryAt(1), kind, bytes: json, hash: null }])
  const key = newKey()
  await commit(key, 'fields', [{ ...entryAt(1), bytes: json }])
  await checkpointer.stop()
  expect((await verified()).told).toEqual([
    `default:patients/${key.id}, fields, version 1: its bytes are no change any more`,
  ])
})

test('S7: the key is made once, for its owner alone, and its public half verifies', () => {
  const made = openCheckpointKey(folder)
  const again = openCheckpointKey(folder)
  expect(again.keyId).toBe(made.keyId)
  expect(statSync(checkpointKeyFile(folder)).mode & 0o777).toBe(0o600)
  const verifier = openCheckpointVerifier(join(folder, 'sluice-checkpoint-key.pub.pem'))
  expect(verifier.keyId).toBe(made.keyId)
  expect(verifier.verify('digest', again.sign('digest'))).toBe(true)
  expect(verifier.verify('another', again.sign('digest'))).toBe(false)
  expect(verifier.verify('digest', 'no signature')).toBe(false)
})

test('S7: a file that holds another kind of key, or none, is refused and left as it is', () => {
  writeFileSync(checkpointKeyFile(folder), 'a letter')
  expect(() => openCheckpointKey(folder)).toThrow(/holds no key in PEM/)
  expect(statSync(checkpointKeyFile(folder)).size).toBe(8)
})
