/** The entry of the writer thread: a `SqliteWriter` behind a message port. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { SqliteWriter } from './sqlite-writer.ts'
import { failureOf } from './store-failure.ts'
import type { WriterOptions, WriterReply, WriterRequest } from './write-job.ts'

function serve(port: MessagePort, options: WriterOptions): void {
  const reply = (message: WriterReply): void => port.postMessage(message)
  let writer: SqliteWriter
  try {
    writer = new SqliteWriter(options)
  } catch (error) {
    reply({ type: 'refused', reason: failureOf(error).reason })
    return
  }
  port.on('message', (request: WriterRequest) => {
    switch (request.type) {
      case 'write': {
        const results = writer.write(request.jobs)
        reply({ type: 'written', results, transactions: writer.transactions })
        return
      }
      case 'close':
        writer.close()
        port.close()
    }
  })
  const { storageId, projectionIsStale } = writer
  reply({ type: 'ready', storageId, projectionIsStale })
}

if (parentPort === null) throw new RangeError('this module is the entry of a worker thread')
serve(parentPort, workerData as WriterOptions)
