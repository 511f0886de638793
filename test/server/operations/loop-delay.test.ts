import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LoopDelay } from '../../../server/operations/loop-delay.ts'

const BLOCK_MS = 400
/** The monitor looks for the first time an interval after it was begun, or asked. */
const LOOKS_MS = 150

/** Holds the event loop. */
function block(): void {
  for (const end = performance.now() + BLOCK_MS; performance.now() < end; );
}

test('O1: a block of the event loop is told once, without the interval at which it is looked for', async () => {
  const delay = new LoopDelay()
  await sleep(LOOKS_MS)
  delay.takeMaxMs()
  await sleep(LOOKS_MS)
  block()
  await sleep(LOOKS_MS)
  const told = delay.takeMaxMs()
  // A look may have been due up to an interval of 50 ms after the block began.
  expect(told).toBeGreaterThan(BLOCK_MS - 60)
  await sleep(LOOKS_MS)
  expect(delay.takeMaxMs()).toBeLessThan(told)
  delay.stop()
  expect(delay.takeMaxMs()).toBe(0)
})
