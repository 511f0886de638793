// A few seconds of the attacks on the doors of the real program, with seeds that are the same every time.
import { expect, test } from 'vitest'
import { fuzzDoors } from './fuzz-door.ts'

const ATTACKS = Number(process.env.FUZZ_ATTACKS ?? 5)

test('W6: spoiled frames, requests and bytes at every door leave the program running and its records whole', async () => {
  const report = await fuzzDoors({ seed: 5, msMax: 60_000, attacksMax: ATTACKS })
  expect(report.faults).toEqual([])
  expect(Object.keys(report.ends)).toHaveLength(6)
  expect(report.frames).toBeGreaterThan(ATTACKS * 6)
})
