import { expect, test } from 'vitest'
import { warmUpTexts } from '../../../server/rooms/warm-up-texts.ts'

test('a warm-up reads the same text each time, is the same at every start, and lets others have their turn', async () => {
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const told = await warmUpTexts(pause)
  expect(pauses).toBeGreaterThanOrEqual(40)
  expect(told / 40).toBeGreaterThan(4_000)
  expect(told % 40).toBe(0)
  expect(await warmUpTexts(pause)).toBe(told)
})
