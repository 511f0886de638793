// An editor of a text: y-websocket's provider, which notes what the server acknowledges of its own edits.
import { createDecoder, readVarUint, readVarUint8Array } from 'lib0/decoding'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { Ledger } from '../ledger.ts'

export const FIELD = 'body'
const END = ';'
export const tokensOf = (text: string): string[] => text.split(END).filter((token) => token !== '')

/** An editor keeps its document while it is offline. */
export class TextEditor {
  readonly #socketUrl: string
  readonly #room: string
  readonly #name: string
  readonly #ledger: Ledger
  readonly #doc = new Y.Doc()
  /** Own tokens that nobody has acknowledged, with the clock that says so. */
  #waiting: { readonly token: string; readonly clock: number }[] = []
  #typed = 0
  #provider: WebsocketProvider | null = null

  constructor(socketUrl: string, room: string, name: string, ledger: Ledger) {
    this.#socketUrl = socketUrl
    this.#room = room
    this.#name = name
    this.#ledger = ledger
    this.#doc.getText(FIELD).observe((event, transaction) => {
      if (transaction.local) return
      for (const { insert } of event.delta)
        if (typeof insert === 'string')
          for (const token of tokensOf(insert)) if (ledger.has(token)) ledger.acknowledge(token)
    })
  }

  get text(): string {
    return this.#doc.getText(FIELD).toString()
  }

  get isSynced(): boolean {
    return this.#provider?.synced === true
  }

  connect(): void {
    const listen = (frame: Uint8Array): void => this.#onFrame(frame)
    class ListeningSocket extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols)
        this.on('message', (data: ArrayBuffer) => listen(new Uint8Array(data)))
      }
    }
    this.#provider = new WebsocketProvider(`${this.#socketUrl}/yjs`, this.#room, this.#doc, {
      WebSocketPolyfill: ListeningSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 100,
      params: { token: this.#name },
    })
  }

  disconnect(): void {
    this.#provider?.destroy()
    this.#provider?.awareness.destroy()
    this.#provider = null
  }

  type(): void {
    const token = `${this.#name}#${this.#typed++}`
    this.#ledger.send(token)
    const text = this.#doc.getText(FIELD)
    text.insert(text.length, `${token}${END}`)
    this.#provider?.awareness.setLocalStateField('cursor', text.length)
    this.#waiting.push({ token, clock: Y.getState(this.#doc.store, this.#doc.clientID) })
  }

  /** The server speaks of own edits in the echo of an update, and in the state vector with which it greets. */
  #onFrame(frame: Uint8Array): void {
    const decoder = createDecoder(frame)
    if (readVarUint(decoder) !== 0) return
    const kind = readVarUint(decoder)
    const payload = readVarUint8Array(decoder)
    if (kind === 0) this.#acknowledgeBelow(Y.decodeStateVector(payload).get(this.#doc.clientID) ?? 0)
    if (kind !== 2) return
    for (const { id, length } of Y.decodeUpdate(payload).structs)
      if (id.client === this.#doc.clientID) this.#acknowledgeBelow(id.clock + length)
  }

  #acknowledgeBelow(clock: number): void {
    const done = this.#waiting.filter((one) => one.clock <= clock)
    for (const { token } of done) this.#ledger.acknowledge(token)
    this.#waiting = this.#waiting.filter((one) => one.clock > clock)
  }
}
