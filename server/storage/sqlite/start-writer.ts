/** Starts the writer thread of a store. */
import { Worker } from 'node:worker_threads'
import type { WriterOptions, WriterReply } from './write-job.ts'

export interface StartedWriter {
  readonly worker: Worker
  readonly storageId: string
  readonly projectionIsStale: boolean
}

/** @throws Error with the writer's reason if it could not open the store. */
export function startWriter(options: WriterOptions): Promise<StartedWriter> {
  const worker = newThread(options)
  return new Promise((resolve, reject) => {
    const onError = (error: unknown): void => reject(error)
    const onExit = (): void => reject(new Error('The writer thread ended before it was ready.'))
    worker.once('error', onError)
    worker.once('exit', onExit)
    worker.once('message', (reply: WriterReply) => {
      worker.off('error', onError)
      worker.off('exit', onExit)
      if (reply.type === 'ready') resolve({ ...reply, worker })
      else reject(new Error(reply.type === 'refused' ? reply.reason : `unexpected reply: ${reply.type}`))
    })
  })
}

/** The entry stands beside this module: as TypeScript in a checkout, as JavaScript once built. */
function newThread(options: WriterOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./writer-thread.js', import.meta.url), { workerData: options })
  const loader = new URL('./typescript-thread.mjs', import.meta.url)
  return new Worker(new URL('./writer-thread.ts', import.meta.url), {
    workerData: options,
    execArgv: ['--import', loader.href],
  })
}
