/** A monotonic clock with alarms, as an argument, so that tests of pacing need not wait. */

export interface Timers {
  /** Milliseconds since some fixed moment. */
  now(): number
  /** Calls `run` once, after `ms` milliseconds; the result cancels it. */
  after(ms: number, run: () => void): () => void
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
