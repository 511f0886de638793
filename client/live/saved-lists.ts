/** Lists in a client store, so that they can be looked at offline: those that were used last, each as it was told last. */
import type { Json } from '../../shared/json.ts'
import type { ClientStore, StoreWrite } from '../store/client-store.ts'

/** How many lists are kept. */
const LISTS_MAX = 50
const KEY_LENGTH_MAX = 300
/** The entry of kind `client` that names the lists, the one used last at the end. */
const NAMES_KEY = 'lists'

export class SavedLists {
  readonly #store: ClientStore
  /** By name: the latest replaces what is not written yet. */
  readonly #waiting = new Map<string, Json>()
  #names: string[] | null = null
  #isWriting = false

  constructor(store: ClientStore) {
    this.#store = store
  }

  /** @returns null if it is not kept. */
  async read(name: string): Promise<Json> {
    const stored = await this.#store.read('list', keyOf(name))
    const entry = stored as { readonly name: string; readonly list: Json } | undefined
    return entry?.name === name ? entry.list : null
  }

  put(name: string, list: Json): void {
    this.#waiting.set(name, list)
    void this.#write()
  }

  /** They belong to somebody else. */
  forget(): void {
    this.#waiting.clear()
    this.#names = null
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return
    this.#isWriting = true
    this.#names ??= ((await this.#store.read('client', NAMES_KEY)) ?? []) as string[]
    while (this.#waiting.size > 0) {
      const writes = [...this.#waiting].flatMap(([name, list]) => this.#writesOf(name, list))
      this.#waiting.clear()
      await this.#store.write(writes)
    }
    this.#isWriting = false
  }

  #writesOf(name: string, list: Json): readonly StoreWrite[] {
    const names = this.#names ?? []
    const key = keyOf(name)
    const put = { type: 'put', kind: 'list', key, value: { name, list } } as const
    if (names.at(-1) === key) return [put]
    const used = [...names.filter((one) => one !== key), key]
    this.#names = used.slice(-LISTS_MAX)
    return [
      put,
      { type: 'put', kind: 'client', key: NAMES_KEY, value: this.#names },
      ...used.slice(0, -LISTS_MAX).map((one) => ({ type: 'delete', kind: 'list', key: one }) as const),
    ]
  }
}

/** Two lists with the same key take each other's place. */
const keyOf = (name: string): string => name.slice(0, KEY_LENGTH_MAX)
