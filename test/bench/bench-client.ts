// A client of the load generator: as little work per frame as possible, and yet it knows which updates it has received,
// in which order, and when.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import type { RunningTarget } from './target.ts'
import { updateRanges } from './update-ranges.ts'

const SYNC = 0
const HOCUSPOCUS_AUTH = 2
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_STATE_VECTOR = Uint8Array.of(0)
const EMPTY_UPDATE = Uint8Array.of(0, 0)

export class BenchClient {
  readonly #socket: WebSocket
  readonly #prefix: Uint8Array
  /** Author → how much of what he typed has arrived. */
  readonly seen = new Map<number, number>()
  /** Every update that has arrived; kept only if asked for, to check the content. */
  readonly kept: Uint8Array[] | null
  /** Characters that arrived ahead of what comes before them: a server must not do that. */
  gaps = 0
  /** Bytes received. */
  bytes = 0
  #onDelivery: (author: number, from: number, to: number) => void = () => {}
  readonly #synced: Promise<void>
  #setSynced: () => void = () => {}

  /** @param options.keeps whether it keeps every update. */
  constructor(running: RunningTarget, room: string, options: { readonly keeps?: boolean } = {}) {
    this.kept = options.keeps === true ? [] : null
    this.#prefix = running.target.protocol === 'hocuspocus' ? named(room) : new Uint8Array()
    this.#synced = new Promise((resolve) => {
      this.#setSynced = resolve
    })
    this.#socket = new WebSocket(running.url(room), { perMessageDeflate: false })
    this.#socket.binaryType = 'nodebuffer'
    this.#socket.on('open', () => this.#greet())
    this.#socket.on('message', (data: Buffer) => this.#receive(data))
    // A relay answers nothing.
    if (running.target.name === 'relay') this.#socket.on('open', () => this.#setSynced())
  }

  onDelivery(listener: (author: number, from: number, to: number) => void): void {
    this.#onDelivery = listener
  }

  /** Resolves when the server has told what it has. */
  async synced(): Promise<this> {
    const failed = new Promise<never>((_, reject) => {
      this.#socket.once('error', reject)
      this.#socket.once('close', (code) => reject(new Error(`a session ended with ${code}`)))
    })
    await Promise.race([this.#synced, failed])
    failed.catch(() => {})
    return this
  }

  type(update: Uint8Array): void {
    this.#socket.send(this.#frame(UPDATE, update))
  }

  close(): void {
    this.#socket.terminate()
  }

  #greet(): void {
    if (this.#prefix.length > 0) this.#socket.send(this.#authentication())
    this.#socket.send(this.#frame(STEP_1, EMPTY_STATE_VECTOR))
  }

  #receive(data: Buffer): void {
    this.bytes += data.length
    const decoder = decoding.createDecoder(data)
    if (this.#prefix.length > 0) decoding.readVarString(decoder)
    if (decoding.readVarUint(decoder) !== SYNC) return
    const type = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (type === STEP_1) return this.#socket.send(this.#frame(STEP_2, EMPTY_UPDATE))
    if (this.kept !== null) this.kept.push(payload.slice())
    for (const { author, from, to } of updateRanges(payload)) this.#note(author, from, to)
    if (type === STEP_2) this.#setSynced()
  }

  #note(author: number, from: number, to: number): void {
    const seen = this.seen.get(author) ?? 0
    if (from > seen) this.gaps += from - seen
    if (to <= seen) return
    this.seen.set(author, to)
    this.#onDelivery(author, seen, to)
  }

  #frame(type: number, payload: Uint8Array): Uint8Array {
    const encoder = encoding.createEncoder()
    encoding.writeUint8Array(encoder, this.#prefix)
    encoding.writeVarUint(encoder, SYNC)
    encoding.writeVarUint(encoder, type)
    encoding.writeVarUint8Array(encoder, payload)
    return encoding.toUint8Array(encoder)
  }

  #authentication(): Uint8Array {
    const encoder = encoding.createEncoder()
    encoding.writeUint8Array(encoder, this.#prefix)
    encoding.writeVarUint(encoder, HOCUSPOCUS_AUTH)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarString(encoder, 'token')
    encoding.writeVarString(encoder, '4.7.0')
    return encoding.toUint8Array(encoder)
  }
}

function named(room: string): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, room)
  return encoding.toUint8Array(encoder)
}
