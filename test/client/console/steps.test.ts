import { expect, test } from 'vitest'
import type { DemoEvent, Progress } from '../../../client/console/pages/demo/steps.ts'
import { advance, START, stepOf } from '../../../client/console/pages/demo/steps.ts'

const edited = (pane: 0 | 1, isApart = true): DemoEvent => ({ type: 'edited', pane, isApart })
const seen = (isSettled: boolean, isDisputed = false): DemoEvent => ({ type: 'seen', isSettled, isDisputed })
const after = (...events: readonly DemoEvent[]): Progress => events.reduce(advance, START)

test('the first step is done when what both edited apart has arrived, and not before', () => {
  expect(stepOf(after(seen(true), edited(0), seen(false), seen(true)))).toBe(0)
  expect(stepOf(after(edited(0), edited(1), seen(false)))).toBe(0)
  expect(stepOf(after(edited(0, false), edited(1, false), seen(true)))).toBe(0)
  expect(stepOf(after(edited(0), edited(1), seen(false), seen(true)))).toBe(1)
})

test('the second is done when a value is held, the third when nothing is any more', () => {
  const merged = [edited(0), edited(1), seen(true)] as const
  expect(stepOf(after(...merged, seen(true, true)))).toBe(2)
  expect(stepOf(after(...merged, seen(true, true), seen(true, false)))).toBe(3)
  expect(stepOf(after(...merged, seen(true, true), { type: 'restarted' }))).toBe(0)
})

test('what changes nothing is the same progress, so that nothing is rendered for it', () => {
  const progress = after(edited(0))
  expect(advance(progress, edited(0))).toBe(progress)
  expect(advance(progress, seen(true))).toBe(progress)
})
