/**
 * Keeps something that is derived of records in step with them: it is told which records have changed and works on
 * each once for a burst of changes, and it asks the store for those that it was not told of, such as what a crash left
 * behind. A crash loses nothing: what lags is found again in the store.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import type { Log } from '../log.ts'
import type { RecordFailure, RecordQueuePace } from './record-queue.ts'
import { RecordQueue } from './record-queue.ts'
import type { Timers } from './timers.ts'
import { systemTimers } from './timers.ts'

export interface RecordFollower {
  /** Says that a record has changed. Cheap; after `close` it does nothing. */
  notice(key: RecordKey): void
  /** Hurries, and resolves when every record noticed so far is done or waits for a retry. */
  drain(): Promise<void>
  /** Finishes what runs and starts nothing more. What still lags is found at the next start. Idempotent. */
  close(): Promise<void>
  /** Records that are known to lag, failed ones included. */
  readonly lagging: number
  /** Records of which the last try failed; each is being retried. */
  readonly failures: readonly RecordFailure[]
}

export interface FollowerPace extends RecordQueuePace {
  /** How often the store is asked for records that lag unnoticed: another node's, or one lost in a crash. */
  readonly sweepMs: number
}

export interface RecordFollowerOptions {
  /** What the store knows to lag, at most so many. */
  readonly laggingIn: (limit: number) => Promise<readonly RecordKey[]>
  /** Throws what stands in the way: the record is tried again. */
  readonly run: (key: RecordKey) => Promise<void>
  readonly log: Pick<Log, 'info' | 'error'>
  /** What the log says. */
  readonly messages: { readonly failed: string; readonly recovered: string; readonly unknown: string }
  readonly pace: FollowerPace
  readonly timers?: Timers | undefined
}

/** Starts at once, with the records that lag in the store. */
export function createRecordFollower(options: RecordFollowerOptions): RecordFollower {
  const { laggingIn, log, messages, pace, run, timers = systemTimers } = options
  const queue = new RecordQueue({
    ...pace,
    timers,
    run,
    onFailure: ({ key, attempts, reason }, retryInMs) =>
      log.error({ key, attempts, reason, retryInMs }, messages.failed),
    onRecovery: ({ key, attempts }) => log.info({ key, attempts }, messages.recovered),
  })
  let closed = false
  let cancelSweep = (): void => undefined
  let sweeping = sweep()

  async function sweep(): Promise<void> {
    let nextInMs = pace.sweepMs
    try {
      await runLagging(laggingIn, queue)
    } catch (error) {
      nextInMs = pace.retryMs
      if (!closed) log.error({ reason: String(error) }, messages.unknown)
    }
    if (closed) return
    cancelSweep = timers.after(nextInMs, () => {
      sweeping = sweep()
    })
  }

  return {
    notice: (key) => queue.notice(key),
    async drain() {
      await sweeping
      await queue.drain()
    },
    async close() {
      closed = true
      cancelSweep()
      await queue.close()
      await sweeping
    },
    get lagging() {
      return queue.size
    },
    get failures() {
      return queue.failures
    },
  }
}

const SWEEP_PAGE = 100

/** Works on what lags in the store, a page at a time, and on each record once, whatever becomes of it. */
async function runLagging(laggingIn: RecordFollowerOptions['laggingIn'], queue: RecordQueue): Promise<void> {
  let tried = new Set<string>()
  let limit = SWEEP_PAGE
  while (!queue.closed) {
    const keys = await laggingIn(limit)
    const fresh = keys.filter((key) => !tried.has(keyString(key)) && !queue.has(key))
    if (fresh.length === 0 && keys.length < limit) return
    await Promise.all(fresh.map((key) => queue.runSoon(key)))
    // What was tried and lags still stands at the head of the next answer: look beyond it.
    tried = new Set(keys.map(keyString))
    limit = keys.length - fresh.length + SWEEP_PAGE
  }
}
