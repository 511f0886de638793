// Those who read through REST, each one request after the other: the part of them that lives in one process.
import { HttpConnection } from './http-connection.ts'

export interface RestReadersInput {
  readonly port: number
  readonly readers: number
  readonly path: string
  /** Sent as `If-None-Match`; then 304 is expected. */
  readonly etag: string | null
  /** What every answer has to be. */
  readonly body: string
}

export interface Answered {
  /** Until the last of them was answered. */
  readonly elapsedSeconds: number
  readonly waitsMs: readonly number[]
}

export class RestReaders {
  readonly #input: RestReadersInput
  readonly #connections: readonly HttpConnection[]

  constructor(input: RestReadersInput) {
    this.#input = input
    this.#connections = Array.from({ length: input.readers }, () => new HttpConnection(input.port))
  }

  /** @throws Error if one is not answered as expected. */
  async read({ seconds }: { readonly seconds: number }): Promise<Answered> {
    const { path, etag, body } = this.#input
    const expected = etag === null ? Buffer.from(body) : Buffer.alloc(0)
    const request = { method: 'GET', path, headers: etag === null ? [] : [`if-none-match: ${etag}`] }
    const waitsMs: number[] = []
    const start = performance.now()
    const until = start + seconds * 1_000
    await Promise.all(
      this.#connections.map(async (connection) => {
        while (performance.now() < until) {
          const began = performance.now()
          const answer = await connection.ask(request)
          waitsMs.push(performance.now() - began)
          if (answer.status !== (etag === null ? 200 : 304)) throw new Error(`${path}: ${answer.status}`)
          if (!answer.body.equals(expected)) throw new Error(`wrong content: ${path}`)
        }
      }),
    )
    return { elapsedSeconds: (performance.now() - start) / 1_000, waitsMs }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}
