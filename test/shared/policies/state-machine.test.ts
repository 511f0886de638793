// P6: pending → processing → shipped, and nothing else.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareStates, transitionProblem } from '../../../shared/policies/state-machine.ts'

const values = ['pending', 'processing', 'shipped', 'cancelled']
const transitions = {
  pending: ['processing', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: [],
  cancelled: [],
}
const states = { values, transitions }

test.each([
  ['pending', 'processing', null],
  ['processing', 'shipped', null],
  ['pending', 'shipped', 'is pending and changes to processing or cancelled, not to shipped'],
  ['shipped', 'pending', 'is shipped and does not change any more, not to pending'],
  ['shipped', 'shipped', null],
  [null, 'processing', null],
  [null, 'shipped', 'is pending and changes to processing or cancelled, not to shipped'],
] as const)('P6: from %s to %s', (from, to, problem) => {
  expect(transitionProblem(states, from, to)).toBe(problem)
})

test('P6: a field without states changes to anything', () => {
  expect(transitionProblem({ values: [], transitions: null }, 'a', 'b')).toBeNull()
})

test('the order of states is total, and that of their declaration', () => {
  const state = fc.constantFrom(...values, null)
  fc.assert(
    fc.property(state, state, (a, b) => {
      expect(Math.sign(compareStates(states, a, b))).toBe(-Math.sign(compareStates(states, b, a)) || 0)
      expect(compareStates(states, a, b) === 0).toBe((a ?? 'pending') === (b ?? 'pending'))
    }),
  )
})
