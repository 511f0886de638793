/**
 * Group commit (W4): when the writer is idle a job goes at once; jobs that arrive while it works go together as the next
 * batch, so that one fsync serves them all. Where people type in many records, batches keep a distance (`typing-pace.ts`).
 *
 *   open ── close() ──▶ closing ── last batch answered, thread ended ──▶ ended
 *     └───────────────────┴────────── thread died ─────────────────────▶ ended
 */
import type { CommitResult } from '../storage.ts'
import { type Failure, failureOf } from './store-failure.ts'
import { isUrgent, TypingPace } from './typing-pace.ts'
import type { WriteJob, WriterReply, WriterRequest } from './write-job.ts'
import { sentJob } from './write-job.ts'
import { WriteMarks } from './write-marks.ts'

/** Bounds how long one transaction, and so one acknowledgement, can take. */
const BATCH_JOBS_MAX = 256

/** The thread that writes, as the queue sees it: a `Worker`, or what a simulation puts in its place. */
export interface WriterThread {
  postMessage(request: WriterRequest): void
  on(event: 'message', listener: (reply: WriterReply) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
}

interface Waiting {
  readonly job: WriteJob
  readonly answer: (result: CommitResult) => void
}

type QueueState =
  | { readonly name: 'open' }
  | { readonly name: 'closing' }
  | { readonly name: 'ended'; readonly failure: Failure }

const CLOSED: Failure = { status: 'failed', reason: 'The store is closed.', fatal: false }

export class WriteQueue {
  /** Moved by every job before anybody hears of its result. */
  readonly marks = new WriteMarks()
  readonly #worker: WriterThread
  readonly #ended: Promise<void>
  readonly #pace: TypingPace
  #state: QueueState = { name: 'open' }
  #waiting: Waiting[] = []
  /** The batch that the writer works on; empty when it is idle. */
  #inFlight: readonly Waiting[] = []
  #transactions = 0
  #timer: NodeJS.Timeout | null = null

  /**
   * @param worker a started writer thread that nobody else talks to.
   * @param clock milliseconds that never go back.
   */
  constructor(worker: WriterThread, clock: () => number = () => performance.now()) {
    this.#worker = worker
    this.#pace = new TypingPace(clock)
    let reason = 'The writer thread has ended.'
    worker.on('error', (error) => {
      reason = `The writer thread died: ${error instanceof Error ? error.message : String(error)}`
    })
    worker.on('message', (reply: WriterReply) => this.#receive(reply))
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#end(reason)
        resolve()
      })
    })
  }

  /** Transactions that the writer has committed. */
  get transactions(): number {
    return this.#transactions
  }

  submit(job: WriteJob): Promise<CommitResult> {
    if (this.#state.name === 'closing') return Promise.resolve(CLOSED)
    if (this.#state.name === 'ended') return Promise.resolve(this.#state.failure)
    const ended = this.marks.begin(job)
    this.#pace.note(job)
    return new Promise((resolve) => {
      const answer = (result: CommitResult): void => {
        ended()
        resolve(result)
      }
      this.#waiting.push({ job, answer })
      this.#sendNext()
    })
  }

  /** Lets what was submitted finish, then ends the thread. Idempotent. */
  close(): Promise<void> {
    if (this.#state.name === 'open') {
      this.#state = { name: 'closing' }
      this.#sendNext()
    }
    return this.#ended
  }

  #sendNext(): void {
    if (this.#inFlight.length > 0) return
    if (this.#waiting.length > 0) {
      if (!this.#gathers()) this.#sendWaiting()
    } else if (this.#state.name === 'closing') {
      this.#post({ type: 'close' })
    }
  }

  /** Whether what waits has to wait for others; it is sent then without being asked for. */
  #gathers(): boolean {
    const waitMs = this.#state.name === 'open' ? this.#pace.waitMs : 0
    if (waitMs === 0 || this.#waiting.some(({ job }) => isUrgent(job))) return false
    this.#timer ??= setTimeout(() => this.#sendWaiting(), waitMs)
    return true
  }

  #sendWaiting(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#sendBatch(this.#waiting.splice(0, BATCH_JOBS_MAX))
  }

  #sendBatch(batch: readonly Waiting[]): void {
    try {
      this.#post({ type: 'write', jobs: batch.map(({ job }) => sentJob(job)) })
      this.#inFlight = batch
      this.#pace.sent()
    } catch (error) {
      // A job holds what no thread can be sent, such as a function: the others need not suffer from it.
      const failure = failureOf(error)
      const sound = batch.filter(({ job }) => isCloneable(job))
      for (const waiting of batch) if (!sound.includes(waiting)) waiting.answer(failure)
      this.#waiting.unshift(...sound)
      this.#sendNext()
    }
  }

  #post(request: WriterRequest): void {
    this.#worker.postMessage(request)
  }

  #receive(reply: WriterReply): void {
    if (reply.type !== 'written') return
    const answered = this.#inFlight
    this.#inFlight = []
    this.#transactions = reply.transactions
    this.#sendNext()
    for (const [index, { answer }] of answered.entries()) {
      const result = reply.results[index]
      if (result === undefined) throw new RangeError('the writer answers every job of a batch')
      answer(result)
    }
  }

  #end(reason: string): void {
    const failure: Failure =
      this.#state.name === 'closing' && this.#inFlight.length + this.#waiting.length === 0
        ? CLOSED
        : { status: 'failed', reason, fatal: true }
    this.#state = { name: 'ended', failure }
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { answer } of [...this.#inFlight, ...this.#waiting]) answer(failure)
    this.#inFlight = []
    this.#waiting = []
  }
}

function isCloneable(job: WriteJob): boolean {
  try {
    structuredClone(sentJob(job))
    return true
  } catch {
    return false
  }
}
