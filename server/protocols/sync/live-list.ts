/**
 * A list that is kept up to date on a channel (K6): it is read again after commits that may have touched it, those of a
 * short while together, and what differs is told. Nothing is queued for a slow reader but the need to look again.
 */
import type { Mark } from '../../../shared/sync/messages.ts'
import type { ChannelPort } from './channel.ts'
import { markOf } from './record-view.ts'

export interface Listing<Item> {
  /** In order. */
  readonly items: readonly Item[]
  readonly hasMore: boolean
}

/** What has changed since the last listing. */
export interface ListDiff<Item> {
  readonly mark: Mark
  readonly changed: readonly Item[]
  /** All, in order; null if they are those of before, in their order. */
  readonly ids: readonly string[] | null
  readonly hasMore: boolean
}

export interface LiveListParts<Item> {
  /** @throws SluiceError if its reader may no longer ask. */
  readonly read: () => Promise<Listing<Item>>
  readonly idOf: (item: Item) => string
  readonly tellPage: (mark: Mark, listing: Listing<Item>) => void
  readonly tellDiff: (diff: ListDiff<Item>) => void
  readonly port: ChannelPort
  /** What the client says it knows. */
  readonly known: Mark | null
  /** Commits that come within this time are told together. Milliseconds. */
  readonly gatherMs: number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

/** A list that takes long to read is read less often, so that it never takes more than this part of the time. */
const SHARE_OF_TIME = 1 / 8

export class LiveList<Item> {
  readonly #parts: LiveListParts<Item>
  /** Id → digest of what was told, in order. */
  #told: ReadonlyMap<string, Mark> = new Map()
  #mark: Mark | null
  #isReading = false
  #isTouched = false
  #isClosed = false
  #timer: NodeJS.Timeout | null = null
  #lastMs = 0

  constructor(parts: LiveListParts<Item>) {
    this.#parts = parts
    this.#mark = parts.known
  }

  /** Answers the opening. */
  async open(): Promise<void> {
    const { port, tellPage } = this.#parts
    const listing = await this.#read()
    if (this.#isClosed) return
    const { digests, mark } = this.#markedOf(listing)
    this.#told = digests
    if (mark === this.#mark) port.send({ type: 'same', channel: port.number })
    else tellPage(mark, listing)
    this.#mark = mark
    if (this.#isTouched) this.#schedule()
  }

  /** A commit may have touched it. */
  touch(): void {
    this.#isTouched = true
    if (!this.#isReading) this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer !== null) return
    const waitMs = Math.max(this.#parts.gatherMs, this.#lastMs / SHARE_OF_TIME)
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (this.#parts.port.isCongested) return this.#schedule()
      this.#lookAgain().catch((error: unknown) => this.#parts.port.fail(error))
    }, waitMs).unref()
  }

  async #lookAgain(): Promise<void> {
    const listing = await this.#read()
    if (this.#isClosed) return
    const { digests, mark } = this.#markedOf(listing)
    if (mark !== this.#mark) {
      const { idOf, tellDiff } = this.#parts
      const ids = [...digests.keys()]
      tellDiff({
        mark,
        changed: listing.items.filter((item) => this.#told.get(idOf(item)) !== digests.get(idOf(item))),
        ids: isSameOrder(ids, [...this.#told.keys()]) ? null : ids,
        hasMore: listing.hasMore,
      })
      this.#told = digests
      this.#mark = mark
    }
    if (this.#isTouched) this.#schedule()
  }

  async #read(): Promise<Listing<Item>> {
    const { clock, read } = this.#parts
    this.#isTouched = false
    this.#isReading = true
    const since = clock()
    try {
      return await read()
    } finally {
      this.#isReading = false
      this.#lastMs = clock() - since
    }
  }

  #markedOf({ items, hasMore }: Listing<Item>): { digests: Map<string, Mark>; mark: Mark } {
    const digests = new Map(items.map((item) => [this.#parts.idOf(item), markOf(item)]))
    return { digests, mark: markOf([[...digests].flat(), hasMore]) }
  }
}

const isSameOrder = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id, index) => id === other[index])
