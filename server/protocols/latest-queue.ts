/**
 * What only counts in its latest form, such as presence, on its way to a reader who may be slow: while much waits in
 * his socket already, later news of a sender takes the place of earlier, so that what waits does not grow with time.
 */
export interface LatestQueueParts<Item> {
  readonly session: { readonly isCongested: boolean; readonly isOpen: boolean }
  /** What an item replaces: another with the same key. */
  readonly keyOf: (item: Item) => string | number
  readonly send: (items: readonly Item[]) => void
}

/** How often a congested reader is looked at again. */
const LOOK_AGAIN_MS = 100

export class LatestQueue<Item> {
  readonly #parts: LatestQueueParts<Item>
  readonly #waiting = new Map<string | number, Item>()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: LatestQueueParts<Item>) {
    this.#parts = parts
  }

  push(items: readonly Item[]): void {
    const { session, keyOf, send } = this.#parts
    if (this.#timer === null && !session.isCongested) return send(items)
    for (const item of items) {
      // To the end: the order of the latest is that in which they came.
      this.#waiting.delete(keyOf(item))
      this.#waiting.set(keyOf(item), item)
    }
    this.#timer ??= this.#lookAgain()
  }

  #lookAgain(): NodeJS.Timeout {
    return setTimeout(() => {
      const { session, send } = this.#parts
      this.#timer = null
      if (!session.isOpen) return this.#waiting.clear()
      if (session.isCongested) {
        this.#timer = this.#lookAgain()
        return
      }
      const items = [...this.#waiting.values()]
      this.#waiting.clear()
      send(items)
    }, LOOK_AGAIN_MS).unref()
  }
}
