import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyBuckets } from '../../../server/operations/latency-buckets.ts'
import { RollingWindow } from '../../../server/operations/rolling-window.ts'

const levels = { sessions: 1, rooms: 2, laggingTexts: 0, eventLoopDelayMs: 3 }

describe('O2: the last minutes', () => {
  it('are told slot by slot, oldest first, and no more of them than there is room for', () => {
    let now = 0
    const window = new RollingWindow({ slotMs: 5_000, slots: 3, clock: () => now })
    for (const commands of [1, 2, 3, 4]) {
      now += 5_000
      window.committed(commands)
      window.acknowledged(commands)
      window.endSlot(levels)
    }
    expect(window.samples.map(({ commits, commands, ageMs }) => [commits, commands, ageMs])).toEqual([
      [1, 2, 10_000],
      [1, 3, 5_000],
      [1, 4, 0],
    ])
    expect(window.samples[0]).toMatchObject({ ...levels, acknowledged: 1, acknowledgementMaxMs: 2 })
  })

  it('grow old also if nobody ends a slot', () => {
    let now = 0
    const window = new RollingWindow({ slotMs: 5_000, slots: 3, clock: () => now })
    window.refused()
    window.endSlot(levels)
    now += 15_000
    expect(window.samples).toEqual([])
    window.endSlot(levels)
    expect(window.samples).toMatchObject([
      { refused: 0, acknowledged: 0, acknowledgementP50Ms: null, acknowledgementMaxMs: null },
    ])
  })
})

describe('O2: percentiles', () => {
  /** Each but the first ends a bucket, which includes it; what took no time at all is in the first bucket. */
  const bounds = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1e3, 2e3, 5e3, 1e4, 1e9]

  it('lie in the bucket of the true one, and never beyond the longest', () => {
    const durations = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    })
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 1), (all, share) => {
        const buckets = new LatencyBuckets()
        for (const ms of all) buckets.add(ms)
        const sorted = all.toSorted((a, b) => a - b)
        const exact = sorted[Math.ceil(share * all.length) - 1] ?? 0
        const told = buckets.quantileMs(share) ?? -1
        const upper = bounds.findIndex((bound, index) => index > 0 && exact <= bound)
        expect(told).toBeGreaterThanOrEqual(bounds[upper - 1] ?? 0)
        expect(told).toBeLessThanOrEqual(Math.min(bounds[upper] ?? 0, buckets.maxMs ?? 0) + 1e-9)
      }),
      // Found by CI: half of these took nothing, and a median in their bucket is a little more.
      { examples: [[[0, 2e-9], 0.5]] },
    )
  })
})
