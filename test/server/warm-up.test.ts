import { expect, test } from 'vitest'
import { createOpenAuthenticator } from '../../server/auth/open-authenticator.ts'
import { SessionDirectory } from '../../server/protocols/session-directory.ts'
import { CommitSignal } from '../../server/rooms/commit-signal.ts'
import { readSettings } from '../../server/settings.ts'
import { warmUp } from '../../server/warm-up.ts'
import { until } from '../support/until.ts'

/** A server that warms up, without the server. */
function started() {
  const checked = readSettings({})
  if (!checked.ok) throw new Error('the settings are wrong')
  const problems: unknown[] = []
  const note = (...told: unknown[]) => void problems.push(told)
  const commits = new CommitSignal()
  const stop = new AbortController()
  let pauses = 0
  const done = warmUp({
    settings: checked.settings,
    sessions: new SessionDirectory(),
    commits,
    authenticator: createOpenAuthenticator(),
    log: { debug: note, info: note, warn: note, error: note },
    now: () => '2026-01-01T00:00:00.000Z',
    clock: () => performance.now(),
    newId: () => 'nobody',
    sleep: async () => {},
    pause: () => {
      pauses += 1
      return new Promise((resolve) => setImmediate(resolve))
    },
    stopping: stop.signal,
  })
  return { commits, stop, problems, done, pauses: () => pauses }
}

const JOINS_AND_TEXTS = 220
const key = { tenant: 'default', collection: 'things', id: '1' }

async function quiet(pauses: () => number): Promise<number> {
  let before = -1
  await until(async () => {
    const now = pauses()
    const isQuiet = now >= JOINS_AND_TEXTS && now === before
    before = now
    return isQuiet
  }, 'a pause')
  return before
}

test('what writes records is warmed up once a record is written: a server of texts alone does not need it', async () => {
  const { commits, problems, done, pauses } = started()
  const before = await quiet(pauses)
  expect(commits.subscribers).toBe(1)
  commits.fire({ key, changesInbox: false })
  await done
  expect(pauses()).toBeGreaterThanOrEqual(before + 24)
  expect(commits.subscribers).toBe(0)
  expect(problems).toEqual([])
})

test('a warm-up that waits for the first record ends with the server', async () => {
  const { commits, stop, problems, done, pauses } = started()
  const before = await quiet(pauses)
  stop.abort()
  await done
  expect(pauses()).toBe(before)
  expect(commits.subscribers).toBe(0)
  expect(problems).toEqual([])
})
