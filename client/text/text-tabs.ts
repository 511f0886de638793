/** The same text in other tabs of this browser: they keep each other in step, also while there is no server. */
import * as Y from 'yjs'
import type { OpenTalk, Talk } from '../client-parts.ts'

type Told =
  /** What the teller has; he is told what he lacks. */
  | { readonly type: 'has'; readonly stateVector: Uint8Array }
  /** @member stateVector of the teller, if he asks for what he lacks. */
  | { readonly type: 'update'; readonly update: Uint8Array; readonly stateVector: Uint8Array | null }

export class TextTabs {
  readonly #doc: Y.Doc
  readonly #talk: Talk
  readonly #server: object

  /** @param server origin of what the server has told: it tells every tab. */
  constructor(doc: Y.Doc, topic: string, talk: OpenTalk, server: object) {
    this.#doc = doc
    this.#server = server
    this.#talk = talk(topic, (message) => this.#hear(message as Told))
    doc.on('update', this.#onUpdate)
    this.#tell({ type: 'has', stateVector: Y.encodeStateVector(doc) })
  }

  close(): void {
    this.#doc.off('update', this.#onUpdate)
    this.#talk.close()
  }

  #hear(told: Told): void {
    if (told.type === 'update') Y.applyUpdate(this.#doc, told.update, this)
    if (told.stateVector === null) return
    const stateVector = told.type === 'has' ? Y.encodeStateVector(this.#doc) : null
    this.#tell({ type: 'update', update: Y.encodeStateAsUpdate(this.#doc, told.stateVector), stateVector })
  }

  #tell(told: Told): void {
    this.#talk.tell(told)
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this && origin !== this.#server) this.#tell({ type: 'update', update, stateVector: null })
  }
}
