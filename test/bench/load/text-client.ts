// A client of the load generator: as little work per frame as possible, and yet it knows which updates it has received,
// in which order, and when.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import type { Address } from '../targets.ts'
import { socketUrl, targets } from '../targets.ts'
import type { ReceivedUpdates } from './received-updates.ts'

const SYNC = 0
const AWARENESS = 1
const HOCUSPOCUS_AUTH = 2
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_STATE_VECTOR = Uint8Array.of(0)
const EMPTY_UPDATE = Uint8Array.of(0, 0)
const FRAME_BYTES_MAX = 2 ** 30

export interface TextClientOptions {
  /** Whether it keeps every update, to check the content. */
  readonly keeps?: boolean
}

export class TextClient {
  readonly #socket: WebSocket
  readonly #prefix: Uint8Array
  readonly #received: ReceivedUpdates
  /** Author → how much of what he typed has arrived. */
  readonly seen = new Map<number, number>()
  /** Every update that has arrived; kept only if asked for. */
  readonly kept: Uint8Array[] | null
  /** Characters that arrived ahead of what comes before them: a server must not do that. */
  gaps = 0
  /** Bytes received. */
  bytes = 0
  #onDelivery: (author: number, from: number, to: number) => void = () => {}
  #onPresence: (payload: Uint8Array) => void = () => {}
  readonly #synced: Promise<void>
  #setSynced: () => void = () => {}
  #ended: string | null = null

  constructor(address: Address, room: string, received: ReceivedUpdates, options: TextClientOptions = {}) {
    this.kept = options.keeps === true ? [] : null
    this.#received = received
    this.#prefix = targets[address.name].protocol === 'hocuspocus' ? named(room) : new Uint8Array()
    this.#synced = new Promise((resolve) => {
      this.#setSynced = resolve
    })
    this.#socket = new WebSocket(socketUrl(address, room), {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
    })
    this.#socket.binaryType = 'nodebuffer'
    this.#socket.on('open', () => this.#greet())
    this.#socket.on('message', (data: Buffer) => this.#receive(data))
    this.#socket.on('error', ({ message }) => {
      this.#ended ??= message
    })
    this.#socket.on('close', (code, reason) => {
      this.#ended ??= `${code} ${String(reason)}`
    })
    // A relay answers nothing.
    if (address.name === 'relay') this.#socket.on('open', () => this.#setSynced())
  }

  /** Why its session is over, or null. */
  get ended(): string | null {
    return this.#ended
  }

  onDelivery(listener: (author: number, from: number, to: number) => void): void {
    this.#onDelivery = listener
  }

  onPresence(listener: (payload: Uint8Array) => void): void {
    this.#onPresence = listener
  }

  /** Resolves when the server has told what it has. */
  async synced(): Promise<this> {
    const failed = new Promise<never>((_, reject) => {
      this.#socket.once('error', reject)
      this.#socket.once('close', (code) => reject(new Error(`a session ended with ${code}`)))
    })
    failed.catch(() => {})
    await Promise.race([this.#synced, failed])
    return this
  }

  type(update: Uint8Array): void {
    this.#socket.send(this.#frame(UPDATE, update))
  }

  /** @param payload of an awareness message. */
  present(payload: Uint8Array): void {
    const encoder = encoding.createEncoder()
    encoding.writeUint8Array(encoder, this.#prefix)
    encoding.writeVarUint(encoder, AWARENESS)
    encoding.writeVarUint8Array(encoder, payload)
    this.#socket.send(encoding.toUint8Array(encoder))
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
    const kind = decoding.readVarUint(decoder)
    if (kind === AWARENESS) return this.#onPresence(decoding.readVarUint8Array(decoder))
    if (kind !== SYNC) return
    const type = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (type === STEP_1) return this.#socket.send(this.#frame(STEP_2, EMPTY_UPDATE))
    const { bytes, ranges } = this.#received.read(payload)
    this.kept?.push(bytes)
    for (const { author, from, to } of ranges) this.#note(author, from, to)
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

/** Waits until all clients have all of `expected` of each author. @throws Error if they do not, or with gaps. */
export async function everybodyHas(
  clients: readonly TextClient[],
  expected: (client: TextClient, index: number) => Iterable<readonly [author: number, count: number]>,
  timeoutMs: number,
): Promise<void> {
  const lacks = (client: TextClient, index: number): boolean => {
    for (const [author, count] of expected(client, index))
      if ((client.seen.get(author) ?? 0) !== count) return true
    return false
  }
  for (let waited = 0; clients.some(lacks); waited += LOOK_MS) {
    const ended = clients.find((client) => client.ended !== null)
    if (ended !== undefined) throw new Error(`a session ended: ${ended.ended}`)
    if (waited > timeoutMs) {
      const incomplete = clients.filter(lacks).length
      throw new Error(`missing deliveries: ${incomplete} of ${clients.length} clients lack something`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  if (clients.some(({ gaps }) => gaps > 0)) throw new Error('deliveries with gaps')
}

const LOOK_MS = 20
