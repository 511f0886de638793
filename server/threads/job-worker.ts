/**
 * Runs jobs one after another in a worker thread that is killed when a job exceeds its deadline (W6), and
 * started anew for the next one. What decodes bytes that a client chose belongs here: it may loop, run out of
 * memory or throw, and only its own job is lost.
 */
import type { TransferListItem, Worker } from 'node:worker_threads'
import type { JobReply, ThreadReady } from './job-thread.ts'
import { startThread } from './start-thread.ts'
import { threadMs } from './thread-time.ts'

/**
 * `refused`: the job's own code threw. `deadline`: it took too long. `crashed`: the thread died of it, or did
 * not start. `closed`: the worker was closed before the job was done. `full`: too many jobs wait (`JobPool`).
 */
export type JobFailure = 'refused' | 'deadline' | 'crashed' | 'closed' | 'full'

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
  /**
   * What one job may take, from when the thread gets it, unless `run` says otherwise: of the thread's own time where
   * the system tells it, and in any case not more than `CLOCK_FACTOR_MAX` times as much by the clock.
   */
  readonly deadlineMs: number
  /** The thread's JavaScript heap; a job that needs more kills its thread, not the process. */
  readonly heapMbMax: number
}

export interface JobWorker<Job, Answer> {
  /** Queues a job. Rejects with a `JobError`. */
  run(job: Job, transfer?: readonly TransferListItem[], deadlineMs?: number): Promise<Answer>
  /** Starts the thread ahead of its next job, if it does not run. Rejects with a `JobError`. */
  warm(): Promise<void>
  /** Kills the thread; the running job and the queued ones reject as `closed`. Idempotent. */
  close(): Promise<void>
}

const START_DEADLINE_MS = 30_000
const CLOCK_FACTOR_MAX = 20

interface Thread {
  readonly worker: Worker
  readonly timeFile: string | null
}

export function createJobWorker<Job, Answer>(options: JobWorkerOptions): JobWorker<Job, Answer> {
  /** Settles when the jobs queued so far have; never rejects. */
  let queue: Promise<unknown> = Promise.resolve()
  let thread: Thread | null = null
  let closed = false

  async function perform(
    job: Job,
    transfer: readonly TransferListItem[],
    deadlineMs: number,
  ): Promise<Answer> {
    if (closed) throw new JobError('closed', 'the worker is closed')
    const { worker, timeFile } = thread ?? (await start())
    worker.ref()
    try {
      worker.postMessage(job, transfer)
      const reply = (await nextMessage(worker, deadlineMs, timeFile)) as JobReply<Answer>
      if (!reply.ok) throw new JobError('refused', reply.reason)
      return reply.answer
    } finally {
      worker.unref()
    }
  }

  async function start(): Promise<Thread> {
    const started = await openThread(options)
    started.worker.once('exit', () => {
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
    await dying?.worker.terminate()
  }

  return {
    run(job, transfer = [], deadlineMs = options.deadlineMs) {
      const answer = queue.then(() => perform(job, transfer, deadlineMs)).catch(killAfterFailure)
      queue = answer.catch(() => undefined)
      return answer
    },
    warm() {
      const started = queue
        .then(async () => {
          if (!closed && thread === null) (await start()).worker.unref()
        })
        .catch(killAfterFailure)
      queue = started.catch(() => undefined)
      return started
    },
    async close() {
      closed = true
      await kill()
      await queue
    },
  }
}

async function openThread({ entry, heapMbMax }: JobWorkerOptions): Promise<Thread> {
  const worker = startThread(entry, { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } })
  // A death is noticed by whoever waits for a message; without a listener it would end the process.
  worker.on('error', () => undefined)
  try {
    const { timeFile } = (await nextMessage(worker, START_DEADLINE_MS, null)) as ThreadReady
    return { worker, timeFile }
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

function nextMessage(thread: Worker, deadlineMs: number, timeFile: string | null): Promise<unknown> {
  const began = performance.now()
  const spentBefore = timeFile === null ? null : threadMs(timeFile)
  /** Milliseconds that the thread still has. */
  const timeLeft = (): number => {
    const spent = timeFile === null ? null : threadMs(timeFile)
    const hasEnded = performance.now() - began >= deadlineMs * CLOCK_FACTOR_MAX
    return spent === null || spentBefore === null || hasEnded ? 0 : deadlineMs - (spent - spentBefore)
  }
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => settle(() => resolve(message))
    const onError = (error: unknown): void =>
      settle(() => reject(new JobError('crashed', `the thread died: ${String(error)}`)))
    const onExit = (): void => settle(() => reject(new JobError('crashed', 'the thread ended')))
    const onTime = (): void => {
      const left = timeLeft()
      if (left > 0) timer = setTimeout(onTime, Math.ceil(left))
      else settle(() => reject(new JobError('deadline', `the job took more than ${deadlineMs} ms`)))
    }
    let timer = setTimeout(onTime, deadlineMs)
    function settle(finish: () => void): void {
      clearTimeout(timer)
      thread.off('message', onMessage).off('error', onError).off('exit', onExit)
      finish()
    }
    thread.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}
