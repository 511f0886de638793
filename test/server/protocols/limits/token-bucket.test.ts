// W8: the bucket lets through what its rate says, never more, and never keeps what would fit.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenBucket } from '../../../../server/protocols/limits/token-bucket.ts'

const rate = fc.record({
  perSecond: fc.integer({ min: 1, max: 10_000 }),
  burst: fc.integer({ min: 1, max: 50_000 }),
})
/** The clock may also go back. */
const steps = fc.array(
  fc.record({ elapsed: fc.integer({ min: -50, max: 3_000 }), cost: fc.integer({ min: 0, max: 60_000 }) }),
  { maxLength: 100 },
)

describe('W8: a token bucket', () => {
  test('never lets more than burst + rate · time through, up to one cost beyond the burst', () => {
    fc.assert(
      fc.property(rate, steps, (limit, sent) => {
        const bucket = new TokenBucket(limit, 0)
        let now = 0
        let latest = 0
        let passed = 0
        for (const { elapsed, cost } of sent) {
          now = Math.max(0, now + elapsed)
          latest = Math.max(latest, now)
          if (bucket.waitFor(cost, now) > 0) continue
          bucket.take(cost, now)
          passed += cost
          const debt = Math.max(0, cost - limit.burst)
          expect(passed).toBeLessThanOrEqual(limit.burst + (latest / 1000) * limit.perSecond + debt + 1e-6)
        }
      }),
    )
  })

  test('lets everything pass that keeps to the rate', () => {
    fc.assert(
      fc.property(rate, fc.array(fc.integer({ min: 0, max: 3_000 })), (limit, pauses) => {
        const bucket = new TokenBucket(limit, 0)
        let now = 0
        let granted = limit.burst
        for (const pause of pauses) {
          now += pause
          granted = Math.min(limit.burst, granted + (pause * limit.perSecond) / 1000)
          const cost = Math.floor(granted / 2)
          expect(bucket.waitFor(cost, now)).toBe(0)
          bucket.take(cost, now)
          granted -= cost
        }
      }),
    )
  })

  test('what has to wait passes after the wait that it was told, and not a millisecond more', () => {
    fc.assert(
      fc.property(rate, steps, (limit, sent) => {
        const bucket = new TokenBucket(limit, 0)
        let now = 0
        for (const { cost } of sent) {
          const wait = bucket.waitFor(cost, now)
          // Refilling in one step and in two may differ by the rounding of one.
          if (wait > 1) expect(bucket.waitFor(cost, now + wait - 1.001)).toBeGreaterThan(0)
          now += wait
          expect(bucket.waitFor(cost, now + 0.001)).toBe(0)
          now += 0.001
          bucket.take(cost, now)
        }
      }),
    )
  })

  test('fills up again, and is then as good as a new one', () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 60_000 }), (limit, cost) => {
        const bucket = new TokenBucket(limit, 0)
        bucket.take(cost, 0)
        expect(bucket.isFull(0)).toBe(cost === 0)
        const later = (Math.max(cost, limit.burst) / limit.perSecond) * 1000 + 1
        expect([bucket.isHalfFull(later), bucket.isFull(later)]).toEqual([true, true])
      }),
    )
  })
})
