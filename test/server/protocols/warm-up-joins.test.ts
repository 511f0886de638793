import { expect, test } from 'vitest'
import { createOpenAuthenticator } from '../../../server/auth/open-authenticator.ts'
import { warmUpJoins } from '../../../server/protocols/warm-up-joins.ts'
import { readSettings } from '../../../server/settings.ts'

test('everybody who is let in to warm up is answered, also on a server that lets in few, and others have their turn', async () => {
  const checked = readSettings({ SLUICE_SESSIONS_MAX: '1', SLUICE_SESSIONS_PER_SUBJECT_MAX: '1' })
  if (!checked.ok) return expect.fail()
  const problems: unknown[] = []
  const note = (...told: unknown[]) => void problems.push(told)
  let pauses = 0
  const answered = await warmUpJoins({
    settings: checked.settings,
    authenticator: createOpenAuthenticator(),
    log: { debug: note, info: note, warn: note, error: note },
    now: () => '2026-01-01T00:00:00.000Z',
    clock: () => performance.now(),
    newId: () => 'nobody',
    pause: () => {
      pauses += 1
      return new Promise((resolve) => setImmediate(resolve))
    },
  })
  expect(problems).toEqual([])
  expect(pauses).toBeGreaterThanOrEqual(180)
  expect(answered).toBe(120)
})
