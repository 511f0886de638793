// Those who write fields of records through Sluice's own sync door, by the connection that its SDK has: the part of them
// that lives in one process of the generator.
import { WebSocket } from 'ws'
import { createConnection } from '../../../client/connection/connection.ts'
import type { SyncConnection } from '../../../client/connection/sync-connection.ts'
import type { ChangeResult } from '../../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import type { Written } from './timed-writes.ts'
import { timedWrites } from './timed-writes.ts'

export interface SyncWritersInput {
  readonly port: number
  /** One list for each who writes: the ids of the records that he writes to, in turn. */
  readonly writers: readonly (readonly string[])[]
  /** Changes of one writer that may be on their way at once. */
  readonly ahead: number
}

interface Writer {
  readonly connection: SyncConnection
  readonly ids: readonly string[]
  written: number
}

type Done = Extract<ChangeResult, { readonly status: 'done' }>

interface Setting {
  readonly recordId: string
  readonly intent: 'upsert' | 'update'
  readonly field: string
  readonly value: string | number
  /** A version, or what is in force when it arrives; null for nothing. */
  readonly seen: string | null
}

export class SyncWriters {
  readonly #input: SyncWritersInput
  readonly #writers: readonly Writer[]
  #changes = 0
  readonly #session = Math.random().toString(36).slice(2)

  constructor(input: SyncWritersInput) {
    this.#input = input
    this.#writers = input.writers.map((ids) => ({
      connection: createConnection({
        url: `ws://127.0.0.1:${input.port}/sync/${SYNC_PROTOCOL}`,
        token: async () => null,
        device: null,
        WebSocket,
        now: Date.now,
        after: (ms, run) => {
          const timer = setTimeout(run, ms)
          return () => clearTimeout(timer)
        },
        random: Math.random,
      }),
      ids,
      written: 0,
    }))
  }

  /** Connects, and creates the records. */
  async open(): Promise<void> {
    for (const { connection } of this.#writers) connection.start()
    await Promise.all(
      this.#writers.map(async (writer) => {
        for (const id of writer.ids) await this.#submit(writer, id, 'upsert', 0)
      }),
    )
  }

  write({ seconds }: { readonly seconds: number }): Promise<Written> {
    const one = (writer: Writer): Promise<void> => {
      const count = ++writer.written
      return this.#submit(writer, writer.ids[count % writer.ids.length] ?? '', 'update', count)
    }
    const writes = this.#writers.flatMap((writer) =>
      Array.from({ length: this.#input.ahead }, () => () => one(writer)),
    )
    return timedWrites(seconds, writes)
  }

  close(): void {
    for (const { connection } of this.#writers) connection.stop()
  }

  /**
   * The first of them sets a field.
   * @returns what has become of it; null where nobody writes.
   * @throws Error if the change is refused.
   */
  async set(
    recordId: string,
    field: string,
    value: string | number,
    seen: string | null,
  ): Promise<Done | null> {
    const [writer] = this.#writers
    if (writer === undefined) return null
    return this.#send(writer, { recordId, intent: 'update', field, value, seen })
  }

  /**
   * Has somebody write to a critical field who has not seen what was written to it last.
   * @returns how long he waited for the answer, in milliseconds; 0 where nobody writes.
   * @throws Error if his change is not held.
   */
  async compete(recordId: string): Promise<number> {
    const seen = await this.set(recordId, 'dose', '5 mg', '*')
    if (seen === null) return 0
    await this.set(recordId, 'dose', '6 mg', '*')
    const began = performance.now()
    const done = await this.set(recordId, 'dose', '7 mg', seen.version)
    const waited = performance.now() - began
    if (done?.fields.dose?.outcome !== 'held') throw new Error('what competes was not held')
    return waited
  }

  async #submit(writer: Writer, recordId: string, intent: 'upsert' | 'update', value: number): Promise<void> {
    await this.#send(writer, { recordId, intent, field: 'price', value, seen: '*' })
  }

  /** @throws Error if the change is refused. */
  async #send({ connection }: Writer, { recordId, intent, field, value, seen }: Setting): Promise<Done> {
    const result = await connection.submit({
      id: `${this.#session}-${++this.#changes}`,
      collection: 'items',
      recordId,
      intent,
      ops: [{ type: 'set', field, value }],
      seen,
      after: [],
      metadata: {},
      claimedAt: null,
      strict: false,
    })
    if (result.status === 'refused') throw new Error(`a change was refused: ${result.message}`)
    return result
  }
}
