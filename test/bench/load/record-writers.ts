// Those who change records as Automerge documents: the part of them that lives in one process of the generator.
import * as Automerge from '@automerge/automerge'
import { newRecord } from '../../../client/automerge/new-record.ts'
import config from '../sluice.config.ts'
import type { Address } from '../targets.ts'
import { pause } from './measures.ts'
import type { RecordDoc } from './record-client.ts'
import { RecordClient } from './record-client.ts'
import type { Written } from './timed-writes.ts'
import { timedWrites } from './timed-writes.ts'

export interface RecordWritersInput {
  readonly address: Address
  /** One for each who writes: the ids of the records that he writes to, in turn. */
  readonly writers: readonly (readonly string[])[]
  /** Changes of one writer that may be on their way at once. */
  readonly ahead: number
}

interface Writer {
  readonly client: RecordClient
  readonly documents: readonly string[]
  changed: number
}

const CHECK_MS = 60_000
const LOOK_MS = 50
const BROUGHT_AT_ONCE = 100

export class RecordWriters {
  readonly #input: RecordWritersInput
  readonly #writers: Writer[] = []

  constructor(input: RecordWritersInput) {
    this.#input = input
  }

  /** Creates the records, and opens them. */
  async open(): Promise<void> {
    const { address, writers } = this.#input
    const path = address.name === 'sluice' ? '/automerge' : '/'
    for (const ids of writers) {
      const client = new RecordClient(`ws://127.0.0.1:${address.port}${path}`)
      await client.joined()
      const made = ids.map((id) => newRecord(config, { collection: 'items', id }))
      for (let from = 0; from < made.length; from += BROUGHT_AT_ONCE)
        await this.#guarded(
          client,
          Promise.all(
            made
              .slice(from, from + BROUGHT_AT_ONCE)
              .map(({ documentId, binary }) => client.bring(documentId, Automerge.load(binary) as RecordDoc)),
          ),
        )
      this.#writers.push({ client, documents: made.map(({ documentId }) => documentId), changed: 0 })
    }
  }

  write({ seconds }: { readonly seconds: number }): Promise<Written> {
    const writes = this.#writers.flatMap((writer) =>
      Array.from({ length: this.#input.ahead }, () => () => this.#changeOne(writer)),
    )
    const fault = (): Error | null =>
      this.#writers.find(({ client }) => client.fault !== null)?.client.fault ?? null
    return timedWrites(seconds, writes, fault)
  }

  /** @returns the heads of each document, once nobody changes any. */
  heads(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.#writers.flatMap(({ client, documents }) =>
        documents.map((documentId) => [documentId, headsOf(client, documentId)] as const),
      ),
    )
  }

  /** Waits until all who have a document open have the same of it. @throws Error if they do not. */
  async settle(): Promise<void> {
    const agree = (): boolean => {
      const heads = new Map<string, string>()
      return this.#writers.every(({ client, documents }) =>
        documents.every((documentId) => {
          const own = headsOf(client, documentId).join()
          const others = heads.get(documentId) ?? own
          heads.set(documentId, own)
          return own === others
        }),
      )
    }
    for (let waited = 0; !agree(); waited += LOOK_MS) {
      if (waited > CHECK_MS) throw new Error('missing deliveries: the replicas differ')
      await pause(LOOK_MS)
    }
  }

  close(): void {
    for (const { client } of this.#writers) client.close()
  }

  #changeOne(writer: Writer): Promise<number> {
    const count = writer.changed++
    const documentId = writer.documents[count % writer.documents.length] ?? ''
    return writer.client.change(documentId, (doc) => {
      doc.price = count + 1
    })
  }

  /** Ends with the error of the session, if it ends before the work does. */
  async #guarded<T>(client: RecordClient, work: Promise<T>): Promise<T> {
    let isOver = false
    const watch = async (): Promise<never> => {
      for (;;) {
        if (isOver) return new Promise<never>(() => {})
        if (client.fault !== null) throw client.fault
        await pause(LOOK_MS)
      }
    }
    try {
      return await Promise.race([work, watch()])
    } finally {
      isOver = true
    }
  }
}

const headsOf = (client: RecordClient, documentId: string): readonly string[] => {
  const doc = client.docOf(documentId)
  return doc === undefined ? [] : [...Automerge.getHeads(doc)].sort()
}
