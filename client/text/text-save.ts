/**
 * A text in a client store: its state as it was, and what has been added since. What comes while a write is under way
 * goes into the next one; after so many additions the state is written anew. Several tabs may do so: each writes entries
 * of its own, and deletes those alone whose content it has.
 */
import * as Y from 'yjs'
import type { ClientStore, EntryKind, StoreWrite } from '../store/client-store.ts'

/** Additions after which the state is written anew. */
const ADDITIONS_MAX = 100

interface EntryName {
  readonly kind: EntryKind
  readonly key: string
}

export class TextSave {
  readonly #store: ClientStore
  readonly #name: string
  readonly #stored: readonly Uint8Array[]
  /** What is stored, as far as its content is in the document. */
  #entries: readonly EntryName[]
  #added: Uint8Array[] = []
  #running: Promise<void> | null = null
  #count = 0

  private constructor(
    store: ClientStore,
    name: string,
    stored: readonly Uint8Array[],
    entries: readonly EntryName[],
  ) {
    this.#store = store
    this.#name = name
    this.#stored = stored
    this.#entries = entries
  }

  /** @param name `collection/id` */
  static async load(store: ClientStore, name: string): Promise<TextSave> {
    const [states, additions] = await Promise.all([
      store.list('text', `${name} `),
      store.list('update', `${name} `),
    ])
    return new TextSave(
      store,
      name,
      [...states, ...additions].map(({ value }) => value).filter((value) => value instanceof Uint8Array),
      [
        ...states.map(({ key }) => ({ kind: 'text', key }) as const),
        ...additions.map(({ key }) => ({ kind: 'update', key }) as const),
      ],
    )
  }

  fill(doc: Y.Doc, origin: object): void {
    for (const update of this.#stored) Y.applyUpdate(doc, update, origin)
  }

  /** @returns when this and all before it are as safe as the store can make them. */
  add(update: Uint8Array, doc: Y.Doc): Promise<void> {
    this.#added.push(update)
    this.#running ??= Promise.resolve().then(() => this.#run(doc))
    return this.#running
  }

  /** Forgets the text: it was erased (E5). */
  async discard(): Promise<void> {
    this.#added = []
    await this.#running
    await this.#store.write(this.#takeEntries())
  }

  async #run(doc: Y.Doc): Promise<void> {
    while (this.#added.length > 0) {
      const update = Y.mergeUpdates(this.#added)
      this.#added = []
      await this.#store.write(
        this.#entries.length >= ADDITIONS_MAX
          ? [...this.#takeEntries(), this.#entry('text', Y.encodeStateAsUpdate(doc), doc)]
          : [this.#entry('update', update, doc)],
      )
    }
    this.#running = null
  }

  /** Another handle, in this tab or the next, writes under another client id. */
  #entry(kind: EntryKind, value: Uint8Array, doc: Y.Doc): StoreWrite {
    const key = `${this.#name} ${doc.clientID}-${String(++this.#count).padStart(9, '0')}`
    this.#entries = [...this.#entries, { kind, key }]
    return { type: 'put', kind, key, value }
  }

  /** @returns what deletes all that is stored and known. */
  #takeEntries(): readonly StoreWrite[] {
    const entries = this.#entries
    this.#entries = []
    return entries.map((entry) => ({ type: 'delete', ...entry }) as const)
  }
}
