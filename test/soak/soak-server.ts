// The server under soak as the run sees it: a process of its own, with what it uses.
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Memory in bytes. */
export interface ServerMeasure {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
  /** Processor seconds of all threads for each second since the last measure. */
  readonly cores: number
  readonly loopDelayP99Ms: number
  /** Open rooms, and what they say to hold. */
  readonly rooms: number
  readonly bytes: number
}

const program = fileURLToPath(new URL('soak-server.mjs', import.meta.url))
const config = fileURLToPath(new URL('../crash/sluice.config.ts', import.meta.url))

/** Small, so that eviction is under way all the time. */
const ROOM_BYTES_MAX = 4 * 1024 * 1024

export class SoakServer {
  readonly url: string
  readonly #child: ChildProcess
  readonly #data: string
  #asked = 0

  private constructor(child: ChildProcess, url: string, data: string) {
    this.#child = child
    this.url = url
    this.#data = data
  }

  static async start(): Promise<SoakServer> {
    const data = mkdtempSync(join(tmpdir(), 'sluice-soak-'))
    const child = fork(program, {
      env: {
        PATH: process.env.PATH ?? '',
        SLUICE_PORT: '0',
        SLUICE_DATA: data,
        SLUICE_CONFIG: config,
        SLUICE_DEMO: 'false',
        SLUICE_ROOM_BYTES_MAX: String(ROOM_BYTES_MAX),
      },
    })
    const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (typeof said !== 'object' || said === null || !('url' in said))
      throw new Error(`the server did not start: ${String(said)}`)
    return new SoakServer(child, String(said.url), data)
  }

  get socketUrl(): string {
    return this.url.replace('http', 'ws')
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  measure(): Promise<ServerMeasure> {
    return this.#ask('measure')
  }

  /** So that memory in use can be told from memory not yet given back. */
  collectGarbage(): Promise<void> {
    return this.#ask('collect-garbage')
  }

  writeHeapSnapshot(file: string): Promise<void> {
    return this.#ask('heap-snapshot', file)
  }

  /** Sizes of the database and of its write-ahead log, in bytes. */
  get stored(): { readonly database: number; readonly log: number } {
    const sizeOf = (name: string): number =>
      statSync(join(this.#data, name), { throwIfNoEntry: false })?.size ?? 0
    return { database: sizeOf('sluice.db'), log: sizeOf('sluice.db-wal') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    rmSync(this.#data, { recursive: true, force: true })
  }

  #ask<Answer>(question: string, operand?: string): Promise<Answer> {
    const number = ++this.#asked
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#child.off('message', onMessage)
        this.#child.off('exit', onExit)
      }
      const onMessage = (told: Told<Answer>): void => {
        if (told.number !== number) return
        done()
        resolve(told.answer)
      }
      const onExit = (): void => {
        done()
        reject(new Error('the server has ended'))
      }
      if (!this.isRunning) return onExit()
      this.#child.on('message', onMessage)
      this.#child.on('exit', onExit)
      this.#child.send({ number, question, operand })
    })
  }
}

interface Told<Answer> {
  readonly number: number
  readonly answer: Answer
}
