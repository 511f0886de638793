import { expect, test } from 'vitest'
import { warmUpRecords } from '../../../server/rooms/warm-up-records.ts'

test('a warm-up writes the same record at every start, and lets others have their turn', async () => {
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const saved = await warmUpRecords(pause)
  expect(pauses).toBeGreaterThanOrEqual(24)
  expect(saved).toBeGreaterThan(5_000)
  expect(await warmUpRecords(pause)).toBe(saved)
})
