/**
 * Paces work on records: a record that keeps changing is worked on when it has been quiet for a moment, yet
 * never later than the step after the largest lag allowed. Where very many change, each waits longer, so that the work
 * does not grow with them. One that fails is tried again, ever more rarely, without holding up the others.
 *
 *              notice            quiet, or lagged            a free slot           done
 *    (absent) ───────▶ waiting ───────────────────▶ due ───────────────▶ running ───────▶ (absent)
 *                         ▲                          ▲                    │   │
 *                         └──────────────────────────┼─ done, but noticed ┘   │ threw
 *                                                    └── retry time ── failed ◀┘
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import type { Timers } from './timers.ts'

export interface RecordQueuePace {
  readonly quietMs: number
  /** How long a record may wait from its first notice on while it is never quiet. */
  readonly lagMsMax: number
  /** Where more than so many would be worked on in a second, each waits until it is its turn at this rate, … */
  readonly perSecond: number
  /** … yet never longer than this from its first notice on. */
  readonly busyLagMsMax: number
  /** Records that become due within so many milliseconds begin together, so that what they need is shared. */
  readonly stepMs: number
  /** Before the first retry; doubled for each further one. */
  readonly retryMs: number
  readonly retryMsMax: number
  /** Records worked on at one time. */
  readonly runningMax: number
}

export interface RecordQueueOptions extends RecordQueuePace {
  readonly timers: Timers
  /** Works on what the record is by then. May be called again for the same record, never twice at once. */
  readonly run: (key: RecordKey) => Promise<void>
  readonly onFailure: (failure: RecordFailure, retryInMs: number) => void
  readonly onRecovery: (failure: RecordFailure) => void
}

export interface RecordFailure {
  readonly key: RecordKey
  /** Tries in a row that failed. */
  readonly attempts: number
  readonly reason: string
}

/** Written over with each notice: many records wait, and each would leave behind what it was noticed with before. */
interface Notices {
  readonly first: number
  last: number
}

type Phase =
  | { readonly name: 'waiting'; readonly notices: Notices }
  | { readonly name: 'due' }
  | { readonly name: 'running'; noticedSince: Notices | null }
  | { readonly name: 'failed' }

interface Entry {
  readonly key: RecordKey
  phase: Phase
  failure: RecordFailure | null
  cancelTimer: () => void
  /** Called at the end of the next run, and when the queue closes. */
  settle: (() => void)[]
}

/** A retry waits this many times as long as the failure took: failing records get a tenth of the time at most. */
const RETRY_WAIT_FACTOR = 10
const MS_PER_SECOND = 1_000

export class RecordQueue {
  readonly #options: RecordQueueOptions
  readonly #entries = new Map<string, Entry>()
  readonly #due = new Set<Entry>()
  #running = 0
  /** Number of `drain` calls under way: while there are any, nothing waits to be quiet. */
  #draining = 0
  #closed = false

  constructor(options: RecordQueueOptions) {
    this.#options = options
  }

  /** Records that wait for work, or for a retry. */
  get size(): number {
    return this.#entries.size
  }

  get failures(): readonly RecordFailure[] {
    return [...this.#entries.values()].flatMap(({ failure }) => (failure === null ? [] : [failure]))
  }

  get closed(): boolean {
    return this.#closed
  }

  has(key: RecordKey): boolean {
    return this.#entries.has(keyString(key))
  }

  /** Says that the record has changed. */
  notice(key: RecordKey): void {
    if (this.#closed) return
    const at = this.#options.timers.now()
    const entry = this.#entryOf(key)
    switch (entry.phase.name) {
      case 'waiting':
        entry.phase.notices.last = at
        break
      case 'running':
        if (entry.phase.noticedSince === null) entry.phase.noticedSince = { first: at, last: at }
        else entry.phase.noticedSince.last = at
        break
      case 'due':
      case 'failed':
      // The next run sees this change too.
    }
  }

  /** Works on the record without waiting; resolves after that run, or at once while its last one counts as failed. */
  async runSoon(key: RecordKey): Promise<void> {
    if (this.#closed) return
    const entry = this.#entryOf(key)
    if (entry.phase.name === 'failed') return
    if (entry.phase.name === 'waiting') this.#makeDue(entry)
    await settled(entry)
  }

  /** Hurries, and resolves when no record is left but those that wait for a retry. */
  async drain(): Promise<void> {
    this.#draining += 1
    while (!this.#closed) {
      const pending = [...this.#entries.values()].filter(({ phase }) => phase.name !== 'failed')
      if (pending.length === 0) break
      await Promise.all(pending.map(({ key }) => this.runSoon(key)))
    }
    this.#draining -= 1
  }

  /** Starts nothing more, and resolves when what runs has ended. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#due.clear()
    const entries = [...this.#entries.values()]
    for (const entry of entries) entry.cancelTimer()
    await Promise.all(entries.filter(({ phase }) => phase.name === 'running').map(settled))
    for (const entry of entries) settleAll(entry)
  }

  #entryOf(key: RecordKey): Entry {
    const id = keyString(key)
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    const at = this.#options.timers.now()
    const notices = { first: at, last: at }
    const phase: Phase = { name: 'waiting', notices }
    const entry: Entry = { key, phase, failure: null, cancelTimer: () => undefined, settle: [] }
    this.#entries.set(id, entry)
    this.#wait(entry, notices)
    return entry
  }

  /** A notice that comes while the entry waits moves no timer: whether it is quiet is looked at when the time has come. */
  #wait(entry: Entry, notices: Notices): void {
    entry.phase = { name: 'waiting', notices }
    if (this.#draining > 0) return this.#makeDue(entry)
    const waitMs = this.#dueAt(notices) - this.#options.timers.now()
    entry.cancelTimer = this.#options.timers.after(Math.max(0, waitMs), () => this.#lookAgain(entry))
  }

  #lookAgain(entry: Entry): void {
    if (entry.phase.name !== 'waiting') return
    const { notices } = entry.phase
    if (this.#options.timers.now() < this.#dueAt(notices)) this.#wait(entry, notices)
    else this.#makeDue(entry)
  }

  #dueAt({ first, last }: Notices): number {
    const { quietMs, lagMsMax, perSecond, busyLagMsMax, stepMs } = this.#options
    const busyMs = Math.min((this.#entries.size / perSecond) * MS_PER_SECOND, busyLagMsMax)
    const quietAt = Math.min(last + Math.max(quietMs, busyMs), first + Math.max(lagMsMax, busyMs))
    return Math.ceil(quietAt / stepMs) * stepMs
  }

  #makeDue(entry: Entry): void {
    entry.cancelTimer()
    entry.phase = { name: 'due' }
    this.#due.add(entry)
    this.#startDue()
  }

  #startDue(): void {
    for (const entry of this.#due) {
      if (this.#running >= this.#options.runningMax) return
      this.#due.delete(entry)
      void this.#run(entry)
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { timers, run } = this.#options
    entry.phase = { name: 'running', noticedSince: null }
    this.#running += 1
    const startedAt = timers.now()
    try {
      await run(entry.key)
      this.#onDone(entry)
    } catch (error) {
      this.#onThrown(entry, error, timers.now() - startedAt)
    }
    this.#running -= 1
    settleAll(entry)
    this.#startDue()
  }

  #onDone(entry: Entry): void {
    if (entry.failure !== null) this.#options.onRecovery(entry.failure)
    entry.failure = null
    const noticed = entry.phase.name === 'running' ? entry.phase.noticedSince : null
    if (noticed === null) this.#entries.delete(keyString(entry.key))
    else if (!this.#closed) this.#wait(entry, noticed)
  }

  #onThrown(entry: Entry, error: unknown, tookMs: number): void {
    const { timers, retryMs, retryMsMax, onFailure } = this.#options
    const attempts = (entry.failure?.attempts ?? 0) + 1
    const delayMs = Math.min(retryMsMax, Math.max(retryMs * 2 ** (attempts - 1), tookMs * RETRY_WAIT_FACTOR))
    entry.failure = { key: entry.key, attempts, reason: String(error) }
    entry.phase = { name: 'failed' }
    if (!this.#closed) entry.cancelTimer = timers.after(delayMs, () => this.#makeDue(entry))
    onFailure(entry.failure, delayMs)
  }
}

const settled = (entry: Entry): Promise<void> => new Promise((resolve) => entry.settle.push(resolve))

function settleAll(entry: Entry): void {
  const waiting = entry.settle
  entry.settle = []
  for (const settle of waiting) settle()
}
