// A client of the sync protocol that sends what it is told and keeps what it hears, message by message.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import WebSocket from 'ws'
import { decodeServerMessage, encodeClientMessage } from '../../shared/sync/codec.ts'
import type {
  Change,
  ChangeResult,
  ClientMessage,
  RecordSnapshot,
  ServerMessage,
  ServerMessageOf,
} from '../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../shared/sync/messages.ts'
import { until } from './until.ts'

export class SyncWire {
  readonly socket: WebSocket
  readonly heard: ServerMessage[] = []
  closed: { readonly code: number; readonly reason: string } | null = null
  bytes = 0
  #channel = 0

  private constructor(socketUrl: string, token: string | null, version: number) {
    const address = `${socketUrl}/sync/${version}`
    this.socket = token === null ? new WebSocket(address) : new WebSocket(address, [token])
    this.socket.binaryType = 'arraybuffer'
    this.socket.on('message', (data: ArrayBuffer) => {
      this.bytes += data.byteLength
      this.heard.push(decodeServerMessage(new Uint8Array(data)))
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
    })
    this.socket.on('error', () => {})
  }

  /** Without waiting for the welcome. */
  static async connect(
    socketUrl: string,
    token: string | null = null,
    version = SYNC_PROTOCOL,
  ): Promise<SyncWire> {
    const wire = new SyncWire(socketUrl, token, version)
    await once(wire.socket, 'open')
    return wire
  }

  static async open(
    socketUrl: string,
    token: string | null = null,
    device: string | null = null,
  ): Promise<SyncWire> {
    const wire = await SyncWire.connect(socketUrl, token)
    if (device !== null) wire.send({ type: 'hello', device })
    await wire.next('welcome')
    return wire
  }

  send(message: ClientMessage): void {
    this.socket.send(encodeClientMessage(message))
  }

  nextChannel(): number {
    this.#channel += 1
    return this.#channel
  }

  /** The first message of these types, and of the channel, that has not been taken; it is taken. */
  async next<Type extends ServerMessage['type']>(
    types: Type | readonly Type[],
    channel?: number,
  ): Promise<ServerMessageOf<Type>> {
    const wanted: readonly string[] = typeof types === 'string' ? [types] : types
    return until(
      () => {
        const at = this.heard.findIndex(
          (message) =>
            wanted.includes(message.type) &&
            (channel === undefined || ('channel' in message && message.channel === channel)),
        )
        if (at < 0) {
          if (this.closed !== null) throw new Error(`closed: ${this.closed.code} ${this.closed.reason}`)
          return null
        }
        return this.heard.splice(at, 1)[0] as ServerMessageOf<Type>
      },
      `the message ${wanted.join(' or ')}`,
    )
  }

  openRecord(collection: string, recordId: string, known: string | null = null): number {
    const channel = this.nextChannel()
    this.send({ type: 'record.open', channel, collection, recordId, known })
    return channel
  }

  async record(collection: string, recordId: string): Promise<RecordSnapshot> {
    return (await this.next('record.state', this.openRecord(collection, recordId))).record
  }

  /** Sends a change and waits for its answer. */
  async change(change: Partial<Change> & Pick<Change, 'collection' | 'recordId'>): Promise<ChangeResult> {
    const whole = changeOf(change)
    this.send({ type: 'change', change: whole })
    return this.resultOf(whole.id)
  }

  async resultOf(id: string): Promise<ChangeResult> {
    return until(() => {
      const answer = this.heard.find((message) => message.type === 'changed' && message.id === id)
      if (answer === undefined && this.closed !== null)
        throw new Error(`closed: ${this.closed.code} ${this.closed.reason}`)
      return answer?.type === 'changed' ? answer.result : null
    }, `the answer to ${id}`)
  }

  /** Resolves when the server has closed the socket. */
  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    return until(() => this.closed, 'the socket to be closed')
  }

  close(): void {
    this.socket.terminate()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** An update of a record of which its author has seen nothing, unless it says otherwise. */
export const changeOf = (change: Partial<Change> & Pick<Change, 'collection' | 'recordId'>): Change => ({
  id: randomUUID(),
  intent: 'update',
  ops: [],
  seen: null,
  after: [],
  metadata: {},
  claimedAt: null,
  strict: false,
  ...change,
})

export const set = (field: string, value: string | number | boolean | null) =>
  ({ type: 'set', field, value }) as const
