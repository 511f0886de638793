/**
 * The life of a connection, as a table: what each state makes of each event. A cell that is missing does not compile.
 *
 *           start                token             welcomed
 *   idle ──────────▶ fetching ──────────▶ connecting ──────────▶ open
 *    ▲                ▲   │ failed            │ gone              │ gone, silent
 *    │ (never again)  │   ▼                   ▼                   ▼
 *    │          retry │  waiting ◀────────────┴───────────────────┘
 *    │                └───┘  │
 *    └── stopped ◀───────────┴── stop, or refused for good; `start` leads out of it
 *
 * In `open` a fresh token is fetched and sent before the old one expires, and a ping is sent when nothing has come for
 * a while, or the device says that its network has come or gone. `transition` is pure: the shell carries out its actions,
 * and tells it what happens, of the newest socket and the newest fetch only.
 */

export type ConnectionState =
  | { readonly name: 'idle' }
  | ({ readonly name: 'fetching' } & Attempt)
  | ({ readonly name: 'connecting' } & Attempt)
  | ({ readonly name: 'open' } & Attempt)
  | ({ readonly name: 'waiting'; readonly reason: string } & Attempt)
  | { readonly name: 'stopped'; readonly code: string | null; readonly reason: string }

interface Attempt {
  /** How many have failed since the connection was last open for a while. */
  readonly failures: number
  /** Of these, how often the token was not accepted: another one is fetched once. */
  readonly refusedTokens: number
}

export type ConnectionEvent =
  /** Also while it waits: it tries again at once. */
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'token'; readonly token: string | null }
  | { readonly type: 'no-token'; readonly reason: string }
  | { readonly type: 'gone'; readonly code: number; readonly reason: string }
  /** @member expiresInMs null if the token never expires. */
  | { readonly type: 'welcomed'; readonly expiresInMs: number | null }
  | { readonly type: 'renewed'; readonly expiresInMs: number | null }
  /** A frame that is none: the other side speaks something else. */
  | { readonly type: 'garbled'; readonly reason: string }
  | { readonly type: 'due'; readonly timer: 'retry' | 'renew' | 'settle' | 'patience' }
  /** @member quietMs how long nothing has been heard. */
  | { readonly type: 'ping-due'; readonly quietMs: number }
  /** Something was heard after a ping. */
  | { readonly type: 'alive' }
  /** The device says that it has a network again, or none any more. */
  | { readonly type: 'network'; readonly isBack: boolean }

export type TimerName = 'retry' | 'renew' | 'settle' | 'patience' | 'ping'

export type ConnectionAction =
  | { readonly type: 'fetch-token' }
  | { readonly type: 'open-socket'; readonly token: string | null }
  | { readonly type: 'send-token'; readonly token: string }
  | { readonly type: 'send-ping' }
  /** And forgets it: nothing that it still says is heard. */
  | { readonly type: 'drop-socket' }
  | { readonly type: 'set-timer'; readonly timer: TimerName; readonly ms: number }
  /** Sets the timer `retry` to a random time that grows with the failures. */
  | { readonly type: 'back-off'; readonly failures: number }
  | { readonly type: 'clear-timers'; readonly timers: readonly TimerName[] }

export interface Step {
  readonly state: ConnectionState
  readonly actions: readonly ConnectionAction[]
}

/** Milliseconds. */
export interface ConnectionTimes {
  /** For fetching a token, and for connecting until the server has welcomed; and for the answer to a ping. */
  readonly patienceMs: number
  /** Silence after which a ping is sent. */
  readonly pingAfterMs: number
  /** After so long a connection counts as good: the next failure is the first again. */
  readonly settledAfterMs: number
  /** A fresh token is asked for so long before the old one expires, or at half of its time. */
  readonly renewBeforeMs: number
  /** When to ask again for a token that was not to be had. */
  readonly renewAgainMs: number
}

export const connectionTimes: ConnectionTimes = {
  patienceMs: 10_000,
  pingAfterMs: 15_000,
  settledAfterMs: 10_000,
  renewBeforeMs: 60_000,
  renewAgainMs: 5_000,
}

export const IDLE: ConnectionState = { name: 'idle' }

type Name = ConnectionState['name']
type StateOf<N extends Name> = Extract<ConnectionState, { name: N }>
type EventOf<T extends ConnectionEvent['type']> = Extract<ConnectionEvent, { type: T }>
type Cell<N extends Name, T extends ConnectionEvent['type']> = (
  state: StateOf<N>,
  event: EventOf<T>,
  times: ConnectionTimes,
) => Step

export type ConnectionTable = {
  readonly [N in Name]: { readonly [T in ConnectionEvent['type']]: Cell<N, T> }
}

export function transition(state: ConnectionState, event: ConnectionEvent, times: ConnectionTimes): Step {
  // The table has a cell for every pair; which type it takes the compiler cannot follow.
  const cell = connectionTable[state.name][event.type] as (
    state: ConnectionState,
    event: ConnectionEvent,
    times: ConnectionTimes,
  ) => Step
  return cell(state, event, times)
}

const FRESH: Attempt = { failures: 0, refusedTokens: 0 }
const ALL_TIMERS: readonly TimerName[] = ['retry', 'renew', 'settle', 'patience', 'ping']
const TIMER_MS_MAX = 2 ** 31 - 1
const UNAUTHENTICATED = 4401
const REFUSED_TOKENS_MAX = 2

const stay = (state: ConnectionState): Step => ({ state, actions: [] })

const begin = (attempt: Attempt, { patienceMs }: ConnectionTimes): Step => ({
  state: { name: 'fetching', ...attemptOf(attempt) },
  actions: [
    { type: 'clear-timers', timers: ALL_TIMERS },
    { type: 'fetch-token' },
    { type: 'set-timer', timer: 'patience', ms: patienceMs },
  ],
})

const start = (_: ConnectionState, __: EventOf<'start'>, times: ConnectionTimes): Step => begin(FRESH, times)

const halt = (code: string | null, reason: string): Step => ({
  state: { name: 'stopped', code, reason },
  actions: [{ type: 'clear-timers', timers: ALL_TIMERS }, { type: 'drop-socket' }],
})

const stop = (): Step => halt(null, 'stopped')

function failed(attempt: Attempt, reason: string): Step {
  const { failures, refusedTokens } = attempt
  return {
    state: { name: 'waiting', reason, failures: failures + 1, refusedTokens },
    actions: [
      { type: 'clear-timers', timers: ALL_TIMERS },
      { type: 'drop-socket' },
      { type: 'back-off', failures },
    ],
  }
}

/** The server's close codes from 4400 to 4499 are for good, but for a token that another one may replace. */
function gone(attempt: Attempt, { code, reason }: EventOf<'gone'>): Step {
  const refusedTokens = attempt.refusedTokens + 1
  if (code === UNAUTHENTICATED && refusedTokens < REFUSED_TOKENS_MAX)
    return failed({ ...attempt, refusedTokens }, reason)
  if (code < 4400 || code > 4499) return failed(attempt, reason || `the connection was closed (${code})`)
  const [errorCode = 'bad_request'] = reason.split(':')
  return halt(errorCode, reason)
}

const ping = ({ patienceMs }: ConnectionTimes): readonly ConnectionAction[] => [
  { type: 'send-ping' },
  { type: 'set-timer', timer: 'patience', ms: patienceMs },
]

const garbled = (_: Attempt, { reason }: EventOf<'garbled'>): Step => halt('bad_frame', reason)

const impatient =
  (reason: string) =>
  (state: ConnectionState & Attempt, { timer }: EventOf<'due'>): Step =>
    timer === 'patience' ? failed(state, reason) : stay(state)

function renewal(
  expiresInMs: number | null,
  { renewBeforeMs }: ConnectionTimes,
): readonly ConnectionAction[] {
  if (expiresInMs === null) return []
  const ms = Math.max(expiresInMs - renewBeforeMs, expiresInMs / 2, 0)
  return [{ type: 'set-timer', timer: 'renew', ms: Math.min(ms, TIMER_MS_MAX) }]
}

const attemptOf = ({ failures, refusedTokens }: Attempt): Attempt => ({ failures, refusedTokens })

export const connectionTable: ConnectionTable = {
  idle: {
    start,
    stop,
    token: stay,
    'no-token': stay,
    gone: stay,
    welcomed: stay,
    renewed: stay,
    garbled: stay,
    due: stay,
    'ping-due': stay,
    alive: stay,
    network: stay,
  },
  fetching: {
    start: stay,
    stop,
    token: (state, { token }, { patienceMs }) => ({
      state: { name: 'connecting', ...attemptOf(state) },
      actions: [
        { type: 'open-socket', token },
        { type: 'set-timer', timer: 'patience', ms: patienceMs },
      ],
    }),
    'no-token': (state, { reason }) => failed(state, reason),
    gone: stay,
    welcomed: stay,
    renewed: stay,
    garbled: stay,
    due: impatient('no token came in time'),
    'ping-due': stay,
    alive: stay,
    network: stay,
  },
  connecting: {
    start: stay,
    stop,
    token: stay,
    'no-token': stay,
    gone,
    welcomed: (state, { expiresInMs }, times) => ({
      state: { name: 'open', ...attemptOf(state) },
      actions: [
        { type: 'clear-timers', timers: ['patience'] },
        { type: 'set-timer', timer: 'settle', ms: times.settledAfterMs },
        { type: 'set-timer', timer: 'ping', ms: times.pingAfterMs },
        ...renewal(expiresInMs, times),
      ],
    }),
    renewed: stay,
    garbled,
    due: impatient('no answer came in time'),
    'ping-due': stay,
    alive: stay,
    network: stay,
  },
  open: {
    start: stay,
    stop,
    token: (state, { token }) => ({
      state,
      actions: token === null ? [] : [{ type: 'send-token', token }],
    }),
    // The old one is good for a while yet; when it is not, the server says so.
    'no-token': (state, _, { renewAgainMs }) => ({
      state,
      actions: [{ type: 'set-timer', timer: 'renew', ms: renewAgainMs }],
    }),
    gone,
    welcomed: stay,
    renewed: (state, { expiresInMs }, times) => ({ state, actions: renewal(expiresInMs, times) }),
    garbled,
    due: (state, { timer }) => {
      switch (timer) {
        case 'patience':
          return failed(state, 'nothing was heard')
        case 'renew':
          return { state, actions: [{ type: 'fetch-token' }] }
        case 'settle':
          return stay({ name: 'open', ...FRESH })
        case 'retry':
          return stay(state)
      }
    },
    'ping-due': (state, { quietMs }, times) => ({
      state,
      actions:
        quietMs < times.pingAfterMs
          ? [{ type: 'set-timer', timer: 'ping', ms: times.pingAfterMs - quietMs }]
          : ping(times),
    }),
    alive: (state, _, { pingAfterMs }) => ({
      state,
      actions: [
        { type: 'clear-timers', timers: ['patience'] },
        { type: 'set-timer', timer: 'ping', ms: pingAfterMs },
      ],
    }),
    // The connection may outlive the network: this device may be its own server.
    network: (state, _, times) => ({ state, actions: ping(times) }),
  },
  waiting: {
    start: (state, _, times) => begin(state, times),
    stop,
    token: stay,
    'no-token': stay,
    gone: stay,
    welcomed: stay,
    renewed: stay,
    garbled: stay,
    due: (state, { timer }, times) => (timer === 'retry' ? begin(state, times) : stay(state)),
    'ping-due': stay,
    alive: stay,
    network: (state, { isBack }, times) => (isBack ? begin({ ...state, failures: 0 }, times) : stay(state)),
  },
  stopped: {
    start,
    stop: stay,
    token: stay,
    'no-token': stay,
    gone: stay,
    welcomed: stay,
    renewed: stay,
    garbled: stay,
    due: stay,
    'ping-due': stay,
    alive: stay,
    network: stay,
  },
}
