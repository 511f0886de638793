/**
 * A text in a client store: its state as it was, and what has been added since. What comes while a write is under way
 * goes into the next one; after so many additions the state is written anew.
 */
import * as Y from 'yjs'
import type { ClientStore, StoreWrite } from '../store/client-store.ts'

/** Additions after which the state is written anew. */
const ADDITIONS_MAX = 100

export class TextSave {
  readonly #store: ClientStore
  readonly #name: string
  readonly #stored: readonly Uint8Array[]
  #keys: readonly string[]
  #added: Uint8Array[] = []
  #running: Promise<void> | null = null
  #count = 0

  private constructor(
    store: ClientStore,
    name: string,
    stored: readonly Uint8Array[],
    keys: readonly string[],
  ) {
    this.#store = store
    this.#name = name
    this.#stored = stored
    this.#keys = keys
  }

  /** @param name `collection/id` */
  static async load(store: ClientStore, name: string): Promise<TextSave> {
    const [state, additions] = await Promise.all([store.read('text', name), store.list('update', `${name} `)])
    const stored = [state, ...additions.map(({ value }) => value)].filter(
      (value) => value instanceof Uint8Array,
    )
    return new TextSave(
      store,
      name,
      stored,
      additions.map(({ key }) => key),
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
    const keys = this.#keys
    this.#keys = []
    await this.#store.write([
      { type: 'delete', kind: 'text', key: this.#name },
      ...keys.map((key) => ({ type: 'delete', kind: 'update', key }) as const),
    ])
  }

  async #run(doc: Y.Doc): Promise<void> {
    while (this.#added.length > 0) {
      const update = Y.mergeUpdates(this.#added)
      this.#added = []
      await this.#store.write(
        this.#keys.length >= ADDITIONS_MAX ? this.#anew(doc) : [this.#addition(update, doc)],
      )
    }
    this.#running = null
  }

  #addition(value: Uint8Array, doc: Y.Doc): StoreWrite {
    // Another handle, in this tab or the next, adds under another client id.
    const key = `${this.#name} ${doc.clientID}-${String(++this.#count).padStart(9, '0')}`
    this.#keys = [...this.#keys, key]
    return { type: 'put', kind: 'update', key, value }
  }

  #anew(doc: Y.Doc): readonly StoreWrite[] {
    const keys = this.#keys
    this.#keys = []
    return [
      { type: 'put', kind: 'text', key: this.#name, value: Y.encodeStateAsUpdate(doc) },
      ...keys.map((key) => ({ type: 'delete', kind: 'update', key }) as const),
    ]
  }
}
