// Has saved documents loaded by a thread of its own, so by fresh instances of the libraries.
import type { Worker } from 'node:worker_threads'
import { startThread } from '../../server/threads/start-thread.ts'
import type { SavedDocument } from './gate-target.ts'

/** After so many documents the thread makes room for one that has seen none. */
const DOCUMENTS_MAX = 5_000

export class FreshReader {
  readonly #onProblem: (problem: string, input: Uint8Array) => void
  #worker: Worker | null = null
  /** Inputs behind the documents that are being read, in order. */
  readonly #reading: Uint8Array[] = []
  #sent = 0
  #onRead: () => void = () => {}
  read = 0

  constructor(onProblem: (problem: string, input: Uint8Array) => void) {
    this.#onProblem = onProblem
  }

  check(saved: SavedDocument, input: Uint8Array): void {
    this.#worker ??= this.#start()
    this.#reading.push(input)
    this.#sent += 1
    this.#worker.postMessage(saved)
  }

  /** Waits for what is being read. */
  async settle(): Promise<void> {
    while (this.#reading.length > 0)
      await new Promise<void>((resolve) => {
        this.#onRead = resolve
      })
    if (this.#sent >= DOCUMENTS_MAX) await this.close()
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    this.#sent = 0
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = startThread(new URL('./reload-worker.ts', import.meta.url))
    worker.on('message', (problem: string | null) => {
      const input = this.#reading.shift()
      this.read += 1
      if (problem !== null && input !== undefined) this.#onProblem(problem, input)
      this.#onRead()
    })
    worker.on('error', (error) => {
      this.#worker = null
      for (const input of this.#reading.splice(0, 1))
        this.#onProblem(`the reader died: ${String(error)}`, input)
      this.#reading.length = 0
      this.#onRead()
    })
    return worker
  }
}
