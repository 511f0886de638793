/**
 * Forgets what is kept for a time and has grown old (W16, M7): when the server starts, and then at an interval. A page at
 * a time, with pauses; what fails is logged and left for the next time.
 */
import type { Log } from '../log.ts'
import type { Timers } from '../projection/timers.ts'

export interface SweeperParts {
  /** What it forgets, for the log. */
  readonly what: string
  /** Forgets so many that are from before a time, ISO 8601, the oldest first. @returns how many it has forgotten. */
  readonly forget: (before: string, limit: number) => Promise<number>
  readonly log: Pick<Log, 'warn'>
  /** ISO 8601. */
  readonly now: () => string
  readonly timers: Timers
  /** For how long they are kept. */
  readonly keptMs: number
}

export const SWEEP_INTERVAL_MS = 3_600_000
/** What one transaction takes away holds the writer for some milliseconds. */
export const PAGE_ROWS = 500
const PAUSE_MS = 50

export class Sweeper {
  readonly #parts: SweeperParts
  #running: Promise<void>
  #isStopped = false
  #cancel = (): void => undefined

  constructor(parts: SweeperParts) {
    this.#parts = parts
    this.#running = this.#sweep()
  }

  /** Finishes the page that it is at. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#running
  }

  /** One page; the next one later, and soon if there is more. */
  async #sweep(): Promise<void> {
    const { what, log, timers } = this.#parts
    let hasMore = false
    try {
      hasMore = (await this.#forgetPage()) === PAGE_ROWS
    } catch (error) {
      if (!this.#isStopped) log.warn({ err: error }, `old ${what} could not be forgotten`)
    }
    if (this.#isStopped) return
    this.#cancel = timers.after(hasMore ? PAUSE_MS : SWEEP_INTERVAL_MS, () => {
      this.#running = this.#sweep()
    })
  }

  #forgetPage(): Promise<number> {
    const { forget, now, keptMs } = this.#parts
    return forget(new Date(Date.parse(now()) - keptMs).toISOString(), PAGE_ROWS)
  }
}
