// People who open a text that does not exist yet, type a little, and never come back: records are created and abandoned.
import type { LoadDoor } from '../../crash/crash-target.ts'
import { asked, pause } from '../../crash/doors/pause.ts'
import { FIELD, TextEditor, tokensOf } from '../../crash/doors/text-editor.ts'
import { eventually } from '../../crash/eventually.ts'
import type { Finding } from '../../crash/ledger.ts'
import { Ledger } from '../../crash/ledger.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'

const EDITS = 4

export class VisitLoad implements LoadDoor {
  readonly name = 'visits'
  readonly #url: string
  readonly #socketUrl: string
  readonly #prefix: string
  readonly #ledger = new Ledger()
  #visits = 0

  constructor(url: string, socketUrl: string, prefix: string) {
    this.#url = url
    this.#socketUrl = socketUrl
    this.#prefix = prefix
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {}

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    while (!signal.aborted) {
      const record = `${this.#prefix}-${this.#visits++}`
      const editor = new TextEditor(this.#socketUrl, `texts/${record}`, record, this.#ledger)
      editor.connect()
      for (let edit = 0; edit < EDITS; edit++) {
        editor.type()
        await pause(random.int(5, 30) * slowness, signal)
      }
      await eventually(() => this.#ledger.unacknowledged.length === 0, 'every edit to be acknowledged')
      editor.disconnect()
    }
  }

  async check(): Promise<readonly Finding[]> {
    const read = async (visit: number): Promise<readonly string[]> => {
      const path = `/v1/records/texts/${this.#prefix}-${visit}/text/${FIELD}`
      const shown = await eventually(async () => {
        const tokens = tokensOf((await asked(this.#url, 'GET', path)).body)
        return tokens.length === EDITS ? tokens : null
      }, 'the text to be projected')
      return shown
    }
    const tokens: string[] = []
    for (let visit = 0; visit < this.#visits; visit++) tokens.push(...(await read(visit)))
    return this.#ledger.compare({ tokens })
  }

  /** The load has waited for all its answers. */
  async finish(): Promise<void> {}

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }
}
