/**
 * Runs jobs one after another in a worker thread that is killed when a job exceeds its deadline (W6), and
 * started anew for the next one. What decodes bytes that a client chose belongs here: it may loop, run out of
 * memory or throw, and only its own job is lost.
 */
import type { TransferListItem, Worker } from 'node:worker_threads'
import type { JobReply } from './job-thread.ts'
import { startThread } from './start-thread.ts'

/**
 * `refused`: the job's own code threw. `deadline`: it took too long. `crashed`: the thread died of it, or did
 * not start. `closed`: the worker was closed before the job was done.
 */
export type JobFailure = 'refused' | 'deadline' | 'crashed' | 'closed'

export class JobError extends Error {
  override readonly name = 'JobError'
  readonly failure: JobFailure

  constructor(failure: JobFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

export interface JobWorkerOptions {
  /** The thread's module, which calls `answerJobs`. */
  readonly entry: URL
  /** What one job may take, from when the thread gets it. */
  readonly deadlineMs: number
  /** The thread's JavaScript heap; a job that needs more kills its thread, not the process. */
  readonly heapMbMax: number
}

export interface JobWorker<Job, Answer> {
  /** Queues a job. Rejects with a `JobError`. */
  run(job: Job, transfer?: readonly TransferListItem[]): Promise<Answer>
  /** Kills the thread; the running job and the queued ones reject as `closed`. Idempotent. */
  close(): Promise<void>
}

const START_DEADLINE_MS = 30_000

export function createJobWorker<Job, Answer>(options: JobWorkerOptions): JobWorker<Job, Answer> {
  /** Settles when the jobs queued so far have; never rejects. */
  let queue: Promise<unknown> = Promise.resolve()
  let thread: Worker | null = null
  let closed = false

  async function perform(job: Job, transfer: readonly TransferListItem[]): Promise<Answer> {
    if (closed) throw new JobError('closed', 'the worker is closed')
    const current = thread ?? (await start())
    current.ref()
    try {
      current.postMessage(job, transfer)
      const reply = (await nextMessage(current, options.deadlineMs)) as JobReply<Answer>
      if (!reply.ok) throw new JobError('refused', reply.reason)
      return reply.answer
    } finally {
      current.unref()
    }
  }

  async function start(): Promise<Worker> {
    const started = await openThread(options)
    started.once('exit', () => {
      if (thread === started) thread = null
    })
    thread = started
    if (closed) throw new JobError('closed', 'the worker was closed while its thread started')
    return started
  }

  async function killAfterFailure(error: unknown): Promise<never> {
    if (!(error instanceof JobError && error.failure === 'refused')) await kill()
    throw closed ? new JobError('closed', 'the worker was closed before the job was done') : error
  }

  async function kill(): Promise<void> {
    const dying = thread
    thread = null
    await dying?.terminate()
  }

  return {
    run(job, transfer = []) {
      const answer = queue.then(() => perform(job, transfer)).catch(killAfterFailure)
      queue = answer.catch(() => undefined)
      return answer
    },
    async close() {
      closed = true
      await kill()
      await queue
    },
  }
}

async function openThread({ entry, heapMbMax }: JobWorkerOptions): Promise<Worker> {
  const thread = startThread(entry, { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } })
  // A death is noticed by whoever waits for a message; without a listener it would end the process.
  thread.on('error', () => undefined)
  try {
    await nextMessage(thread, START_DEADLINE_MS)
    return thread
  } catch (error) {
    await thread.terminate()
    throw error
  }
}

function nextMessage(thread: Worker, deadlineMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => settle(() => resolve(message))
    const onError = (error: unknown): void =>
      settle(() => reject(new JobError('crashed', `the thread died: ${String(error)}`)))
    const onExit = (): void => settle(() => reject(new JobError('crashed', 'the thread ended')))
    const timer = setTimeout(
      () => settle(() => reject(new JobError('deadline', `the job took more than ${deadlineMs} ms`))),
      deadlineMs,
    )
    function settle(finish: () => void): void {
      clearTimeout(timer)
      thread.off('message', onMessage).off('error', onError).off('exit', onExit)
      finish()
    }
    thread.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}
