// Two y-websocket editors of one text. An edit is acknowledged when the server echoes it, when its state vector names
// it, or when the other editor sees it.
import { createDecoder, readVarUint, readVarUint8Array } from 'lib0/decoding'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { rest } from '../../support/rest-client.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { ended, pause } from './pause.ts'

const ROOM = 'texts/yjs'
const FIELD = 'body'
const END = ';'
const tokensOf = (text: string): string[] => text.split(END).filter((token) => token !== '')

export class YjsLoad implements LoadDoor {
  readonly name = 'yjs'
  readonly #url: string
  readonly #ledger = new Ledger()
  readonly #editors: readonly Editor[]

  constructor(url: string, socketUrl: string) {
    this.#url = url
    this.#editors = ['yjs-ann', 'yjs-bob'].map((name) => new Editor(socketUrl, name, this.#ledger))
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {}

  async load(signal: AbortSignal, random: SeededRandom): Promise<void> {
    await Promise.all(
      this.#editors.map(async (editor) => {
        editor.connect()
        while (!signal.aborted) {
          editor.type()
          await pause(random.int(5, 30), signal)
        }
        await ended(signal)
        editor.disconnect()
      }),
    )
  }

  async check(): Promise<readonly Finding[]> {
    const text = await this.#read()
    const path = `/v1/records/${ROOM}/text/${FIELD}`
    // The tables follow the journal: what they come to show is the same text.
    await eventually(
      async () => (await rest(this.#url, 'GET', path)).body === text,
      'the text to be projected',
    )
    return this.#ledger.compare({ tokens: tokensOf(text) })
  }

  async finish(): Promise<void> {
    for (const editor of this.#editors) editor.connect()
    await eventually(() => this.#ledger.unacknowledged.length === 0, 'every edit to be acknowledged')
    for (const editor of this.#editors) editor.disconnect()
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }

  /** As somebody who opens the text for the first time. */
  async #read(): Promise<string> {
    const reader = new Editor(this.#editors[0]?.socketUrl ?? '', 'yjs-reader', new Ledger())
    reader.connect()
    await eventually(() => reader.isSynced, 'the reader to be in sync')
    const text = reader.text
    reader.disconnect()
    return text
  }
}

/** An editor keeps its document while it is offline. */
class Editor {
  readonly socketUrl: string
  readonly #name: string
  readonly #ledger: Ledger
  readonly #doc = new Y.Doc()
  /** Own tokens that nobody has acknowledged, with the clock that says so. */
  #waiting: { readonly token: string; readonly clock: number }[] = []
  #typed = 0
  #provider: WebsocketProvider | null = null

  constructor(socketUrl: string, name: string, ledger: Ledger) {
    this.socketUrl = socketUrl
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
    this.#provider = new WebsocketProvider(`${this.socketUrl}/yjs`, ROOM, this.#doc, {
      WebSocketPolyfill: ListeningSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 100,
      params: { token: this.#name },
    })
  }

  disconnect(): void {
    this.#provider?.destroy()
    this.#provider = null
  }

  type(): void {
    const token = `${this.#name}#${this.#typed++}`
    this.#ledger.send(token)
    const text = this.#doc.getText(FIELD)
    text.insert(text.length, `${token}${END}`)
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
