import fc from 'fast-check'
import { expect, test } from 'vitest'
import { snapshotIsDue, tailCost } from '../../../server/projection/text-snapshot-policy.ts'

const entries = (count: number, bytes: number): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(bytes))

const isDue = (tail: readonly Uint8Array[], snapshotBytes = 0): boolean =>
  snapshotIsDue(tailCost(tail.length, tail), snapshotBytes)

test('S5: a tail of some two hundred small updates, or of 64 KiB, gets a snapshot', () => {
  expect(isDue(entries(190, 16))).toBe(false)
  expect(isDue(entries(210, 16))).toBe(true)
  expect(isDue(entries(1, 65_000))).toBe(false)
  expect(isDue(entries(1, 66_000))).toBe(true)
})

test('S5: a large snapshot is not rewritten for a short tail', () => {
  const snapshotBytes = 10_000_000
  expect(isDue(entries(10_000, 30), snapshotBytes)).toBe(false)
  expect(isDue(entries(30_000, 30), snapshotBytes)).toBe(true)
})

test('S5: rewriting stays in proportion to what was journaled, and the tail to the snapshot', () => {
  const sizes = fc.array(fc.integer({ min: 10, max: 20_000 }), { minLength: 50, maxLength: 600 })
  fc.assert(
    fc.property(sizes, (sizes) => {
      let tail: Uint8Array[] = []
      let snapshotBytes = 0
      let journaled = 0
      let rewritten = 0
      for (const size of sizes) {
        tail = [...tail, ...entries(1, size)]
        journaled += size
        if (!isDue(tail, snapshotBytes)) continue
        // At the worst nothing was ever deleted, and the document is as large as its journal.
        snapshotBytes = journaled
        rewritten += journaled
        tail = []
      }
      expect(rewritten).toBeLessThanOrEqual(2 * (journaled + 320 * sizes.length))
    }),
    { numRuns: 50 },
  )
})
