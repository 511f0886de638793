import { describe, expect, test } from 'vitest'
import { backOffMs } from '../../../client/connection/back-off.ts'
import type {
  ConnectionAction,
  ConnectionEvent,
  ConnectionState,
  ConnectionTable,
} from '../../../client/connection/connection-state.ts'
import {
  connectionTable,
  connectionTimes,
  IDLE,
  transition,
} from '../../../client/connection/connection-state.ts'

/** Lets the events happen one after the other. */
function happened(...events: readonly ConnectionEvent[]): {
  readonly state: ConnectionState
  readonly actions: readonly ConnectionAction[]
} {
  let step = { state: IDLE as ConnectionState, actions: [] as readonly ConnectionAction[] }
  for (const event of events) step = transition(step.state, event, connectionTimes)
  return step
}

const START = { type: 'start' } as const
const CONNECT = [START, { type: 'token', token: 't' }] as const
const OPEN = [...CONNECT, { type: 'welcomed', expiresInMs: 600_000 }] as const
const gone = (code: number, reason = '') => ({ type: 'gone', code, reason }) as const
const due = (timer: 'retry' | 'renew' | 'settle' | 'patience') => ({ type: 'due', timer }) as const

describe('K10: the life of a connection', () => {
  test('a table without a cell does not compile', () => {
    const { alive: _, ...lacking } = connectionTable.open
    // @ts-expect-error `alive` is missing
    const table: ConnectionTable = { ...connectionTable, open: lacking }
    const { open: __, ...less } = connectionTable
    // @ts-expect-error `open` is missing
    const other: ConnectionTable = less
    expect([table, other]).toHaveLength(2)
  })

  test('it fetches a token, connects, is welcomed and is open', () => {
    expect(happened(START).actions).toContainEqual({ type: 'fetch-token' })
    expect(happened(...OPEN).state).toEqual({ name: 'open', failures: 0, refusedTokens: 0 })
  })

  test('it gives up waiting for a token and a welcome, and tries again later each time', () => {
    for (let length = 1; length <= CONNECT.length; length++) {
      const { state, actions } = happened(...CONNECT.slice(0, length), due('patience'))
      expect(state).toMatchObject({ name: 'waiting', failures: 1 })
      expect(actions).toContainEqual({ type: 'back-off', failures: 0 })
      expect(actions).toContainEqual({ type: 'drop-socket' })
    }
    const twice = happened(...CONNECT, gone(1006), due('retry'), { type: 'no-token', reason: 'offline' })
    expect(twice.actions).toContainEqual({ type: 'back-off', failures: 1 })
    expect(happened(...CONNECT, gone(1006), START).actions).toContainEqual({ type: 'fetch-token' })
  })

  test('failures are forgotten when it has been open for a while, not at once', () => {
    const flapping = happened(...CONNECT, gone(1006), due('retry'), ...OPEN.slice(1), gone(1006))
    expect(flapping.state).toMatchObject({ name: 'waiting', failures: 2 })
    const settled = happened(
      ...CONNECT,
      gone(1006),
      due('retry'),
      ...OPEN.slice(1),
      due('settle'),
      gone(1006),
    )
    expect(settled.state).toMatchObject({ name: 'waiting', failures: 1 })
  })

  test('what is refused for good stops it; a token that is refused is replaced once', () => {
    for (const code of [4400, 4403, 4404])
      expect(happened(...CONNECT, gone(code, 'bad_frame: no')).state).toEqual({
        name: 'stopped',
        code: 'bad_frame',
        reason: 'bad_frame: no',
      })
    const refused = gone(4401, 'unauthenticated: the token has expired')
    const once = [...OPEN, refused] as const
    expect(happened(...once).state).toMatchObject({ name: 'waiting' })
    const again = [...once, due('retry'), ...CONNECT.slice(1)] as const
    expect(happened(...again, refused).state).toMatchObject({ name: 'stopped', code: 'unauthenticated' })
    const good = [...again, OPEN[2], due('settle')] as const
    expect(happened(...good, refused).state).toMatchObject({ name: 'waiting' })
    for (const code of [1000, 1001, 1006, 1011, 1012, 1013])
      expect(happened(...OPEN, gone(code)).state.name).toBe('waiting')
  })

  test('W13: a fresh token is fetched before the old one expires, and sent on the same socket', () => {
    expect(happened(...OPEN).actions).toContainEqual({ type: 'set-timer', timer: 'renew', ms: 540_000 })
    const short = happened(...CONNECT, { type: 'welcomed', expiresInMs: 20_000 })
    expect(short.actions).toContainEqual({ type: 'set-timer', timer: 'renew', ms: 10_000 })
    const timers = happened(...CONNECT, { type: 'welcomed', expiresInMs: null }).actions
    expect(timers).not.toContainEqual(expect.objectContaining({ timer: 'renew' }))
    expect(happened(...OPEN, due('renew')).actions).toEqual([{ type: 'fetch-token' }])
    const renewed = happened(...OPEN, due('renew'), { type: 'token', token: 'next' })
    expect([renewed.state.name, renewed.actions]).toEqual(['open', [{ type: 'send-token', token: 'next' }]])
    const none = happened(...OPEN, due('renew'), { type: 'no-token', reason: 'offline' })
    expect([none.state.name, none.actions]).toEqual([
      'open',
      [{ type: 'set-timer', timer: 'renew', ms: connectionTimes.renewAgainMs }],
    ])
    expect(happened(...OPEN, { type: 'renewed', expiresInMs: 600_000 }).actions).toEqual([
      { type: 'set-timer', timer: 'renew', ms: 540_000 },
    ])
  })

  test('silence is answered by a ping, and silence after that by another socket', () => {
    const { pingAfterMs } = connectionTimes
    const early = happened(...OPEN, { type: 'ping-due', quietMs: pingAfterMs - 100 })
    expect(early.actions).toEqual([{ type: 'set-timer', timer: 'ping', ms: 100 }])
    const quiet = [...OPEN, { type: 'ping-due', quietMs: pingAfterMs }] as const
    expect(happened(...quiet).actions).toContainEqual({ type: 'send-ping' })
    expect(happened(...quiet, { type: 'alive' }).actions).toContainEqual({
      type: 'clear-timers',
      timers: ['patience'],
    })
    expect(happened(...quiet, due('patience')).state).toMatchObject({ name: 'waiting' })
  })

  test('a network that comes back is tried at once, and as if nothing had failed; one that goes is looked into', () => {
    const [back, away] = [true, false].map((isBack) => ({ type: 'network', isBack }) as const)
    if (back === undefined || away === undefined) throw new Error('two events')
    const waiting = [...CONNECT, gone(1006), due('retry'), { type: 'no-token', reason: 'offline' }] as const
    expect(happened(...waiting, away)).toEqual({ state: happened(...waiting).state, actions: [] })
    const tried = happened(...waiting, back)
    expect(tried.state).toMatchObject({ name: 'fetching', failures: 0 })
    expect(tried.actions).toContainEqual({ type: 'fetch-token' })
    for (const event of [back, away]) {
      const open = happened(...OPEN, event)
      expect(open.state.name).toBe('open')
      expect(open.actions.map(({ type }) => type)).toEqual(['send-ping', 'set-timer'])
      expect(happened(...OPEN, event, due('patience')).state.name).toBe('waiting')
      for (const before of [[START], CONNECT.slice(0, 2), CONNECT] as const)
        expect(happened(...before, event)).toEqual({ state: happened(...before).state, actions: [] })
    }
  })

  test('once stopped, nothing but `start` moves it; stopping drops socket and timers', () => {
    const { actions } = happened(...OPEN, { type: 'stop' })
    expect(actions.map(({ type }) => type)).toEqual(['clear-timers', 'drop-socket'])
    const late = [
      gone(1006),
      due('retry'),
      due('renew'),
      { type: 'token', token: 't' },
      { type: 'alive' },
      { type: 'network', isBack: true },
    ] as const
    for (const event of late) {
      const step = happened(...OPEN, { type: 'stop' }, event)
      expect([step.state.name, step.actions]).toEqual(['stopped', []])
    }
    expect(happened(...OPEN, { type: 'stop' }, START).state.name).toBe('fetching')
  })
})

describe('back-off', () => {
  test('is random below a bound that doubles, up to 30 seconds', () => {
    const bounds = [0, 1, 2, 3, 6, 7, 1_000].map((failures) => backOffMs(failures, () => 1))
    expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 30_000, 30_000, 30_000])
    expect(backOffMs(5, () => 0)).toBe(0)
    expect(backOffMs(0, () => 0.5)).toBe(250)
  })
})
