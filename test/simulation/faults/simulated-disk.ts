// The disk of a simulation: the real writer on a real SQLite file, in place of its thread. A batch is written when the
// simulation says so, refused when it says so, and after a crash it is there whole or not at all, answered by nobody.

import type { SqliteWriter } from '../../../server/storage/sqlite/sqlite-writer.ts'
import type { WriterReply, WriterRequest } from '../../../server/storage/sqlite/write-job.ts'
import type { WriterThread } from '../../../server/storage/sqlite/write-queue.ts'
import type { CommitResult } from '../../../server/storage/storage.ts'

type Batch = Extract<WriterRequest, { readonly type: 'write' }>

export class SimulatedDisk {
  readonly #writer: SqliteWriter
  #thread: SimulatedThread | null = null

  constructor(writer: SqliteWriter) {
    this.#writer = writer
  }

  /** The thread of a server that starts now. */
  attach(): WriterThread {
    this.#thread = new SimulatedThread()
    return this.#thread
  }

  get isBusy(): boolean {
    return this.#thread?.batch != null
  }

  /** The batch is durable, and is answered. */
  finish(): void {
    const batch = this.#thread?.take()
    if (batch === undefined) return
    const results = this.#writer.write(batch.jobs)
    this.#thread?.reply({ type: 'written', results, transactions: this.#writer.transactions })
  }

  /** The disk is full: nothing of the batch is written. */
  refuse(): void {
    const batch = this.#thread?.take()
    const failed: CommitResult = { status: 'failed', reason: 'SQLITE_FULL: simulated', fatal: false }
    const results = batch?.jobs.map(() => failed) ?? []
    if (batch !== undefined)
      this.#thread?.reply({ type: 'written', results, transactions: this.#writer.transactions })
  }

  /** The server is gone. @param isKept whether its last batch had become durable before. */
  crash(isKept: boolean): void {
    const batch = this.#thread?.take()
    if (isKept && batch !== undefined) this.#writer.write(batch.jobs)
    this.#thread?.end()
    this.#thread = null
  }
}

/** Holds one batch, as the queue sends no second one before the first is answered. */
class SimulatedThread implements WriterThread {
  batch: Batch | null = null
  #onReply: (reply: WriterReply) => void = () => {}
  readonly #onExit: (() => void)[] = []

  postMessage(request: WriterRequest): void {
    if (request.type === 'write') this.batch = structuredClone(request)
    else this.end()
  }

  on(event: string, listener: (value: never) => void): void {
    if (event === 'message') this.#onReply = listener as (reply: WriterReply) => void
    if (event === 'exit') this.#onExit.push(listener as () => void)
  }

  take(): Batch | undefined {
    const { batch } = this
    this.batch = null
    return batch ?? undefined
  }

  reply(reply: WriterReply): void {
    this.#onReply(structuredClone(reply))
  }

  end(): void {
    for (const listener of this.#onExit.splice(0)) listener()
  }
}
