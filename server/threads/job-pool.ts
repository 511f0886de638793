/**
 * A few job workers behind one queue (W6). A worker has one job at a time, so a deadline costs the job that
 * missed it and no other: those that wait go to the next worker that is free, and a thread that was killed is
 * replaced at once, not when the next job comes.
 */
import type { TransferListItem } from 'node:worker_threads'
import type { JobWorker, JobWorkerOptions } from './job-worker.ts'
import { createJobWorker, JobError } from './job-worker.ts'

export interface JobPoolOptions extends JobWorkerOptions {
  readonly workers: number
  /** Jobs that may wait; one more is refused as `full`. */
  readonly queueMax: number
  /** Told when a killed thread has been replaced, and how long after its job had failed. */
  readonly onReplaced?: (ms: number) => void
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

export interface PoolJob<Job> {
  readonly job: Job
  readonly transfer: readonly TransferListItem[]
  readonly deadlineMs: number
}

export interface JobPool<Job, Answer> {
  /** Rejects with a `JobError`. */
  run(job: PoolJob<Job>): Promise<Answer>
  /** Kills the threads; what is not answered yet rejects as `closed`. Idempotent. */
  close(): Promise<void>
}

interface Waiting<Job, Answer> {
  readonly job: PoolJob<Job>
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** A thread starts when there is a job for it, since each takes more than 20 MiB of memory. */
export function createJobPool<Job, Answer>(options: JobPoolOptions): JobPool<Job, Answer> {
  const workers = Array.from({ length: options.workers }, () => createJobWorker<Job, Answer>(options))
  const idle = [...workers]
  const waiting: Waiting<Job, Answer>[] = []
  let closed = false

  function next(): void {
    for (let worker = idle.shift(); worker !== undefined; worker = idle.shift()) {
      const entry = waiting.shift()
      if (entry === undefined) {
        idle.unshift(worker)
        return
      }
      void perform(worker, entry)
    }
  }

  async function perform(worker: JobWorker<Job, Answer>, entry: Waiting<Job, Answer>): Promise<void> {
    const { job, transfer, deadlineMs } = entry.job
    try {
      entry.resolve(await worker.run(job, transfer, deadlineMs))
    } catch (error) {
      entry.reject(error)
      if (!closed && !(error instanceof JobError && error.failure === 'refused')) await replace(worker)
    }
    // Who has just worked goes first: its thread runs.
    idle.unshift(worker)
    next()
  }

  async function replace(worker: JobWorker<Job, Answer>): Promise<void> {
    const began = options.clock()
    // A thread that does not start is tried again with the worker's next job.
    await worker.warm().then(
      () => options.onReplaced?.(options.clock() - began),
      () => undefined,
    )
  }

  return {
    run(job) {
      if (closed) return Promise.reject(new JobError('closed', 'the pool is closed'))
      if (idle.length === 0 && waiting.length >= options.queueMax)
        return Promise.reject(new JobError('full', `${options.queueMax} jobs wait already`))
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (const { reject } of waiting.splice(0))
        reject(new JobError('closed', 'the pool was closed before the job was done'))
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}
