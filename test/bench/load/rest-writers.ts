// Those who write fields of records through REST, each one write after the other: the part of them that lives in one process.
import { HttpConnection } from './http-connection.ts'
import type { Written } from './timed-writes.ts'
import { timedWrites } from './timed-writes.ts'

export interface RestWritersInput {
  readonly port: number
  /** One list for each who writes: the ids of the records that he writes to, in turn. */
  readonly writers: readonly (readonly string[])[]
  /** Tells apart what is written here from what other processes write; less than 1,000. */
  readonly part: number
}

interface Writer {
  readonly connection: HttpConnection
  readonly ids: readonly string[]
  written: number
}

/** Record id → the prices that may be in force: what each of its writers was answered last. */
export type Expected = ReadonlyMap<string, readonly number[]>

const pathOf = (id: string): string => `/v1/records/items/${id}`

/** More than one process ever writes. */
const PARTS_MAX = 1_000

export class RestWriters {
  readonly #writers: readonly Writer[]
  readonly #input: RestWritersInput
  readonly #last = new Map<string, Map<Writer, number>>()
  #values = 0

  constructor(input: RestWritersInput) {
    this.#input = input
    this.#writers = input.writers.map((ids) => ({
      connection: new HttpConnection(input.port),
      ids,
      written: 0,
    }))
  }

  /** Creates the records. @throws Error if one is refused. */
  async create(): Promise<void> {
    await Promise.all(
      this.#writers.map(async ({ connection, ids }) => {
        for (const id of ids) {
          const body = JSON.stringify({ title: `record ${id}`, price: 0 })
          const { status } = await connection.ask({ method: 'PUT', path: pathOf(id), body })
          if (status !== 201 && status !== 200) throw new Error(`a record was answered ${status}`)
        }
      }),
    )
  }

  write({ seconds }: { readonly seconds: number }): Promise<Written> {
    return timedWrites(
      seconds,
      this.#writers.map((writer) => () => this.#writeOne(writer)),
    )
  }

  /** Writes to each record once. @returns how long each write took, in milliseconds. */
  async writeOnce(): Promise<readonly number[]> {
    const waitsMs: number[] = []
    await Promise.all(
      this.#writers.map(async (writer) => {
        for (let n = 0; n < writer.ids.length; n++) {
          const began = performance.now()
          await this.#writeOne(writer)
          waitsMs.push(performance.now() - began)
        }
      }),
    )
    return waitsMs
  }

  /** @returns what has to be read afterwards. */
  expected(): Expected {
    return new Map([...this.#last].map(([id, by]) => [id, [...by.values()]]))
  }

  /** Reads what was written. @throws Error if it is something else. */
  async check(expected: Expected): Promise<void> {
    const connection = new HttpConnection(this.#input.port)
    for (const [id, prices] of expected) {
      const { status, body } = await connection.ask({ method: 'GET', path: pathOf(id) })
      const price: unknown = status === 200 ? JSON.parse(String(body)).fields.price : status
      if (!prices.some((one) => one === price)) throw new Error(`wrong content: ${id} has ${price}`)
    }
    connection.close()
  }

  close(): void {
    for (const { connection } of this.#writers) connection.close()
  }

  async #writeOne(writer: Writer): Promise<void> {
    const id = writer.ids[writer.written++ % writer.ids.length] ?? ''
    const price = ++this.#values * PARTS_MAX + this.#input.part
    const { status } = await writer.connection.ask({
      method: 'PATCH',
      path: pathOf(id),
      body: `{"price":${price}}`,
    })
    if (status !== 200) throw new Error(`a write was answered ${status}`)
    const last = this.#last.get(id) ?? new Map<Writer, number>()
    this.#last.set(id, last.set(writer, price))
  }
}
