/**
 * Forgets the answers that were kept for retries and have grown old (W16): when the server starts, and then at an
 * interval. A page at a time, with pauses; what fails is logged and left for the next time.
 */
import type { Log } from '../log.ts'
import type { Timers } from '../projection/timers.ts'
import type { Storage } from '../storage/storage.ts'

export interface AnswerSweeperParts {
  readonly storage: Pick<Storage, 'forgetAnswers'>
  readonly log: Pick<Log, 'warn'>
  /** ISO 8601. */
  readonly now: () => string
  readonly timers: Timers
  /** For how long answers are kept. */
  readonly keptMs: number
}

export const SWEEP_INTERVAL_MS = 3_600_000
/** What one transaction takes away holds the writer for some milliseconds. */
export const PAGE_ANSWERS = 500
const PAUSE_MS = 50

export class AnswerSweeper {
  readonly #parts: AnswerSweeperParts
  #running: Promise<void>
  #isStopped = false
  #cancel = (): void => undefined

  constructor(parts: AnswerSweeperParts) {
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
    const { log, timers } = this.#parts
    let hasMore = false
    try {
      hasMore = (await this.#forgetPage()) === PAGE_ANSWERS
    } catch (error) {
      if (!this.#isStopped) log.warn({ err: error }, 'old answers could not be forgotten')
    }
    if (this.#isStopped) return
    this.#cancel = timers.after(hasMore ? PAUSE_MS : SWEEP_INTERVAL_MS, () => {
      this.#running = this.#sweep()
    })
  }

  #forgetPage(): Promise<number> {
    const { storage, now, keptMs } = this.#parts
    return storage.forgetAnswers(new Date(Date.parse(now()) - keptMs).toISOString(), PAGE_ANSWERS)
  }
}
