/**
 * When a batch of writes goes to the writer (W4): at once, unless people type in many records at that moment. Each of
 * their keystrokes would be a transaction, since a record has one plan on its way at a time; two thousandths of a second
 * later there are some of them, and one transaction serves all. Nobody waits for the answer to a keystroke; for whoever
 * waits for an answer, and for typing in few records, where waiting gathers nothing, there is no delay.
 */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { WriteJob } from './write-job.ts'

/** From one batch to the next. */
const INTERVAL_MS = 2
/** Keystrokes that are looked at together … */
const SAMPLE = 16
/** … and of how many records they have to be. */
const RECORDS_MIN = 8

export class TypingPace {
  readonly #clock: () => number
  readonly #records = new Set<RecordKey>()
  #sampled = 0
  #isWide = false
  #sentAt = Number.NEGATIVE_INFINITY

  /** @param clock milliseconds that never go back. */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** A job has come. */
  note(job: WriteJob): void {
    if (!isTyping(job)) return
    // A room's plans share its key.
    this.#records.add(job.plan.key)
    this.#sampled += 1
    if (this.#sampled < SAMPLE) return
    this.#isWide = this.#records.size >= RECORDS_MIN
    this.#records.clear()
    this.#sampled = 0
  }

  /** A batch goes to the writer. */
  sent(): void {
    this.#sentAt = this.#clock()
  }

  /** How long the next batch is to wait, in milliseconds, if nothing in it is urgent; 0: not at all. */
  get waitMs(): number {
    return this.#isWide ? Math.max(0, this.#sentAt + INTERVAL_MS - this.#clock()) : 0
  }
}

type TypingJob = Extract<WriteJob, { type: 'commit' }>

const isTyping = (job: WriteJob): job is TypingJob => job.type === 'commit' && job.plan.lane === 'text'

/** Whether somebody waits for its answer. */
export function isUrgent(job: WriteJob): boolean {
  switch (job.type) {
    case 'commit':
      return job.plan.lane !== 'text'
    case 'erase':
    case 'keep-revocation':
    case 'write-tables':
    case 'reset-projection':
    case 'mark-projection-fresh':
      return true
    case 'keep-snapshots':
    case 'commit-text':
    case 'index-texts':
    case 'compact-text':
    case 'checkpoint':
    case 'forget-answers':
    case 'forget-events':
      return false
  }
}
