/** The inside of a thread that `createJobWorker` runs: answers each job with its result, or with why it failed. */
import { parentPort } from 'node:worker_threads'
import { ownTimeFile } from './thread-time.ts'

export interface ThreadReady {
  readonly timeFile: string | null
}

export type JobReply<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly reason: string }

/** Says that the thread is ready, then answers jobs until it is terminated. */
export function answerJobs<Job, Answer>(work: (job: Job) => Answer): void {
  const port = parentPort
  if (port === null) throw new RangeError('this module runs in a worker thread')
  port.on('message', (job: Job) => {
    try {
      port.postMessage({ ok: true, answer: work(job) } satisfies JobReply<Answer>)
    } catch (error) {
      port.postMessage({ ok: false, reason: String(error) } satisfies JobReply<Answer>)
    }
  })
  port.postMessage({ timeFile: ownTimeFile() } satisfies ThreadReady)
}
