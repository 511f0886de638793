// Failures per address: bounded by rate, forgiven with time, and no harm to whoever has been let in before.
import { expect, test } from 'vitest'
import { FailedAuthentications } from '../../../../server/protocols/limits/failed-authentications.ts'

const RATE = { perSecond: 2, burst: 4 }

test('W14: an address that fails too often is heard again when it has waited, others all along', () => {
  let now = 0
  const failures = new FailedAuthentications(RATE, () => now)
  for (let failure = 0; failure < 4; failure++) {
    expect(failures.mayTry('a', 'forged')).toBe(true)
    failures.failed('a', 'forged')
  }
  expect([failures.mayTry('a', 'forged'), failures.mayTry('a', null)]).toEqual([false, false])
  expect(failures.mayTry('b', 'forged')).toBe(true)
  now = 499
  expect(failures.mayTry('a', 'other')).toBe(false)
  now = 500
  expect(failures.mayTry('a', 'other')).toBe(true)
})

test('W14: a token that was accepted is looked at still, until it is refused itself', () => {
  const failures = new FailedAuthentications(RATE, () => 0)
  failures.passed('good')
  failures.passed('good')
  for (let failure = 0; failure < 4; failure++) failures.failed('a', `forged-${failure}`)
  expect([failures.mayTry('a', 'good'), failures.mayTry('a', 'new')]).toEqual([true, false])
  failures.failed('a', 'good')
  expect(failures.mayTry('a', 'good')).toBe(false)
})

test('W14: what it remembers is bounded, the oldest is forgotten first', () => {
  const failures = new FailedAuthentications(RATE, () => 0)
  for (let number = 0; number <= 10_000; number++) failures.passed(`token-${number}`)
  for (let failure = 0; failure < 4; failure++) failures.failed('a', 'forged')
  expect(failures.mayTry('a', 'token-0')).toBe(false)
  expect(failures.mayTry('a', 'token-1')).toBe(true)
  expect(failures.mayTry('a', 'token-10000')).toBe(true)
})
