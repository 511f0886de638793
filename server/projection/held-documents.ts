/**
 * Documents of texts that are being written, kept in the materializer's thread between projections: the next one takes
 * what is new, and does not replay what was there.
 */
import type * as Y from 'yjs'

export interface HeldDocument {
  readonly doc: Y.Doc
  /** Of the text's lane. */
  readonly version: number
  /** Of the updates that it was made from. */
  readonly bytes: number
}

interface Held extends HeldDocument {
  readonly since: number
}

/** Of the updates of all; the documents take several times as much. */
const BYTES_MAX = 8 * 1024 * 1024
/** What a document takes beside them. */
const DOCUMENT_BYTES = 4 * 1024
/** Nobody writes any more. */
const IDLE_MS = 10_000

export class HeldDocuments {
  /** The one that was kept longest ago first. */
  readonly #held = new Map<string, Held>()
  readonly #clock: () => number
  readonly #bytesMax: number
  #bytes = 0

  constructor(clock: () => number, bytesMax = BYTES_MAX) {
    this.#clock = clock
    this.#bytesMax = bytesMax
  }

  /**
   * Gives away the document of a text at a version, if it is held: it is to be kept again once it has moved on, since a
   * reading that fails leaves it half changed.
   */
  take(name: string, version: number): HeldDocument | null {
    const held = this.#held.get(name)
    if (held === undefined) return null
    this.#drop(name, held)
    return held.version === version ? held : null
  }

  keep(name: string, document: HeldDocument): void {
    this.take(name, document.version)
    this.#held.set(name, { ...document, since: this.#clock() })
    this.#bytes += document.bytes + DOCUMENT_BYTES
    for (const [oldest, held] of this.#held) {
      if (this.#bytes <= this.#bytesMax) return
      this.#drop(oldest, held)
    }
  }

  dropIdle(): void {
    for (const [name, held] of this.#held) {
      if (this.#clock() - held.since < IDLE_MS) return
      this.#drop(name, held)
    }
  }

  #drop(name: string, held: Held): void {
    this.#held.delete(name)
    this.#bytes -= held.bytes + DOCUMENT_BYTES
  }
}
