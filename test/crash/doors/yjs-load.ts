// Two y-websocket editors of one text. An edit is acknowledged when the server echoes it, when its state vector names
// it, or when the other editor sees it.
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { asked, ended, pause } from './pause.ts'
import { FIELD, TextEditor, tokensOf } from './text-editor.ts'

export class YjsLoad implements LoadDoor {
  readonly name = 'yjs'
  readonly #url: string
  readonly #ledger = new Ledger()
  readonly #socketUrl: string
  readonly #room: string
  readonly #editors: readonly TextEditor[]

  constructor(url: string, socketUrl: string, record = 'yjs') {
    this.#url = url
    this.#socketUrl = socketUrl
    this.#room = `texts/${record}`
    this.#editors = ['yjs-ann', 'yjs-bob'].map((name) => this.#editor(name, this.#ledger))
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {}

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    await Promise.all(
      this.#editors.map(async (editor) => {
        editor.connect()
        while (!signal.aborted) {
          editor.type()
          await pause(random.int(5, 30) * slowness, signal)
        }
        await ended(signal)
        editor.disconnect()
      }),
    )
  }

  async check(): Promise<readonly Finding[]> {
    const text = await this.#read()
    const path = `/v1/records/${this.#room}/text/${FIELD}`
    // The tables follow the journal: what they come to show is the same text.
    await eventually(
      async () => (await asked(this.#url, 'GET', path)).body === text,
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
    const reader = this.#editor('yjs-reader', new Ledger())
    reader.connect()
    await eventually(() => reader.isSynced, 'the reader to be in sync')
    const text = reader.text
    reader.disconnect()
    return text
  }

  #editor(name: string, ledger: Ledger): TextEditor {
    return new TextEditor(this.#socketUrl, this.#room, name, ledger)
  }
}
