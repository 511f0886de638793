/** Starts the writer thread of a store. */
import type { Worker } from 'node:worker_threads'
import { startThread, threadModule } from '../../threads/start-thread.ts'
import type { WriterOptions, WriterReply } from './write-job.ts'

export interface StartedWriter<Thread = Worker> {
  readonly worker: Thread
  readonly storageId: string
  readonly projectionIsStale: boolean
}

/** @throws Error with the writer's reason if it could not open the store. */
export function startWriter(options: WriterOptions): Promise<StartedWriter> {
  const worker = startThread(threadModule(import.meta.url, 'writer-thread'), { workerData: options })
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
