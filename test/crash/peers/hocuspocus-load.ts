// Two editors of one text over Hocuspocus' provider. It calls an edit synchronised when the server has confirmed it:
// that is the acknowledgement.
import { pathToFileURL } from 'node:url'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { pause } from '../doors/pause.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'

interface Editor {
  readonly text: string
  readonly isSynced: boolean
  type(insert: string): void
  connect(): void
  disconnect(): void
}

type CreateEditor = (options: {
  readonly url: string
  readonly room: string
  readonly field: string
  readonly onStored: () => void
}) => Editor

const ROOM = 'texts/crash'
const END = ';'

export class HocuspocusLoad implements LoadDoor {
  readonly name = 'hocuspocus'
  readonly #ledger = new Ledger()
  readonly #newEditor: (onStored: () => void) => Editor
  readonly #writers: readonly Writer[]

  private constructor(newEditor: (onStored: () => void) => Editor) {
    this.#newEditor = newEditor
    this.#writers = ['ann', 'bob'].map((name) => new Writer(name, this.#ledger, newEditor))
  }

  static async open(module: string, url: string): Promise<HocuspocusLoad> {
    const { createEditor } = (await import(pathToFileURL(module).href)) as { createEditor: CreateEditor }
    return new HocuspocusLoad((onStored) => createEditor({ url, room: ROOM, field: 'body', onStored }))
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {}

  async load(signal: AbortSignal, random: SeededRandom): Promise<void> {
    await Promise.all(
      this.#writers.map(async (writer) => {
        writer.editor.connect()
        while (!signal.aborted) {
          writer.type()
          await pause(random.int(5, 30), signal)
        }
        writer.editor.disconnect()
      }),
    )
  }

  async check(): Promise<readonly Finding[]> {
    const reader = this.#newEditor(() => {})
    reader.connect()
    await eventually(() => reader.isSynced, 'the reader to be in sync')
    const tokens = reader.text.split(END).filter((token) => token !== '')
    reader.disconnect()
    return this.#ledger.compare({ tokens })
  }

  async finish(): Promise<void> {
    for (const { editor } of this.#writers) editor.connect()
    await eventually(() => this.#ledger.unacknowledged.length === 0, 'every edit to be confirmed')
    for (const { editor } of this.#writers) editor.disconnect()
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }
}

class Writer {
  readonly editor: Editor
  readonly #name: string
  readonly #ledger: Ledger
  #waiting: string[] = []
  #typed = 0

  constructor(name: string, ledger: Ledger, newEditor: (onStored: () => void) => Editor) {
    this.#name = name
    this.#ledger = ledger
    this.editor = newEditor(() => {
      for (const token of this.#waiting) ledger.acknowledge(token)
      this.#waiting = []
    })
  }

  type(): void {
    const token = `${this.#name}#${this.#typed++}`
    this.#ledger.send(token)
    this.#waiting.push(token)
    this.editor.type(`${token}${END}`)
  }
}
