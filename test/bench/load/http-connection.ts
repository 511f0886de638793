// One HTTP/1.1 connection that sends a request when the last one is answered, with as little work as possible: the load
// generator must not be slower than what it measures.
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  /** As it was sent. */
  readonly head: string
  readonly body: Buffer
}

export interface HttpRequest {
  readonly method: string
  readonly path: string
  /** Lines without their ends. */
  readonly headers?: readonly string[]
  readonly body?: string
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n')
const STATUSES_WITHOUT_BODY = [204, 304]

export class HttpConnection {
  readonly #socket: Socket
  readonly #port: number
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | null = null

  constructor(port: number) {
    this.#port = port
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#look()
    })
    const end = (error?: Error): void => {
      this.#waiting?.reject(error ?? new Error('the connection was closed'))
      this.#waiting = null
    }
    this.#socket.on('error', end)
    this.#socket.on('close', () => end())
  }

  ask({ method, path, headers = [], body }: HttpRequest): Promise<HttpAnswer> {
    const about =
      body === undefined
        ? []
        : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]
    const lines = [`${method} ${path} HTTP/1.1`, `host: 127.0.0.1:${this.#port}`, ...headers, ...about]
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #look(): void {
    const answer = readAnswer(this.#received)
    if (answer === null) return
    this.#received = Buffer.alloc(0)
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve(answer)
  }
}

/** @returns null if it has not come to its end. */
function readAnswer(received: Buffer): HttpAnswer | null {
  const at = received.indexOf(END_OF_HEAD)
  if (at < 0) return null
  const head = received.toString('latin1', 0, at)
  const status = Number(head.slice('http/1.1 '.length, 'http/1.1 200'.length))
  const rest = received.subarray(at + END_OF_HEAD.length)
  if (STATUSES_WITHOUT_BODY.includes(status)) return { status, head, body: Buffer.alloc(0) }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length !== undefined)
    return rest.length < Number(length) ? null : { status, head, body: rest.subarray(0, Number(length)) }
  if (!rest.subarray(-END_OF_CHUNKS.length).equals(END_OF_CHUNKS)) return null
  return { status, head, body: joinChunks(rest) }
}

function joinChunks(chunked: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = chunked.indexOf('\r\n', at)
    const length = Number.parseInt(chunked.toString('latin1', at, end), 16)
    if (!(length > 0)) return Buffer.concat(chunks)
    chunks.push(chunked.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}

export const etagOf = ({ head }: HttpAnswer): string | null => /\r\netag: ([^\r]+)/i.exec(head)?.[1] ?? null
