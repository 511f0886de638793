/**
 * A list that is kept up to date on a channel (K6): it is read again after commits that may have touched it, those of a
 * short while together, and what differs is told. Nothing is queued for a slow reader but the need to look again.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Cursor, Mark } from '../../../shared/sync/messages.ts'
import type { Turns } from '../../rooms/turns.ts'
import type { ChannelMessage, ChannelPort } from './channel.ts'
import { markOf } from './record-view.ts'
import type { ReadAt } from './shared-listings.ts'

/**
 * The same object for all who are shown the same, who so are told of it in the same words.
 * @template Extra what is told beside the items, whenever something is told.
 */
export interface Listing<Item, Extra = null> {
  /** In order. */
  readonly items: readonly Item[]
  /** Where the list goes on; null if it ends there. */
  readonly next: Cursor | null
  readonly extra: Extra
}

/** What has changed since the last listing. */
export interface ListDiff<Item, Extra = null> {
  readonly mark: Mark
  readonly changed: readonly Item[]
  /** All, in order; null if they are those of before, in their order. */
  readonly ids: readonly string[] | null
  readonly next: Cursor | null
  readonly extra: Extra
}

export interface LiveListParts<Item, Extra = null> {
  /**
   * @param ageMsMax how long ago it may have begun to be read.
   * @throws SluiceError if its reader may no longer ask.
   */
  readonly read: (limit: number, ageMsMax: number) => Promise<ReadAt<Listing<Item, Extra>>>
  readonly idOf: (item: Item) => string
  readonly tellPage: (mark: Mark, listing: Listing<Item, Extra>) => void
  readonly tellDiff: (diff: ListDiff<Item, Extra>) => void
  readonly port: ChannelPort
  /** Tells when others have had their turn: of a commit, all who follow a list are told at the same moment. */
  readonly inTurn: Turns['run']
  /** How many items are told; `rowsMax` at most. */
  readonly limit: number
  readonly rowsMax: number
  /** What the client says it knows. */
  readonly known: Mark | null
  /** Commits that come within this time are told together. Milliseconds. */
  readonly gatherMs: number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

/** A list that takes long to read is read less often, so that it never takes more than this part of the time. */
const SHARE_OF_TIME = 1 / 8

export class LiveList<Item, Extra = null> {
  readonly #parts: LiveListParts<Item, Extra>
  /** Id → digest of what was told, in order. */
  #told: ReadonlyMap<string, Mark> = new Map()
  #mark: Mark | null
  #limit: number
  /** More was asked for, and something has to be answered. */
  #owesMore = false
  #isReading = false
  /** When the last commit came that may have touched it, and when what was told last began to be read. */
  #touchedAt = Number.NEGATIVE_INFINITY
  #readAt = Number.NEGATIVE_INFINITY
  #isClosed = false
  #timer: NodeJS.Timeout | null = null
  #lastMs = 0

  /** @throws SluiceError `bad_request` for a limit beyond `rowsMax`. */
  constructor(parts: LiveListParts<Item, Extra>) {
    this.#parts = parts
    this.#mark = parts.known
    this.#limit = parts.limit
    this.#checkLimit(parts.limit)
  }

  /** Answers the opening. */
  async open(): Promise<void> {
    const { port, tellPage } = this.#parts
    await this.#tell(await this.#read(0), (mark, listing) => {
      if (mark === this.#mark) port.send({ type: 'same', channel: port.number })
      else tellPage(mark, listing)
    })
  }

  /** @throws SluiceError `bad_frame` for what no list takes, `bad_request` for a limit beyond `rowsMax`. */
  receive(message: ChannelMessage): void {
    if (message.type !== 'list.more') throw new SluiceError('bad_frame', `a list takes no ${message.type}`)
    try {
      this.#checkLimit(message.limit)
    } catch (error) {
      return this.#parts.port.fail(error)
    }
    this.#limit = message.limit
    this.#owesMore = true
    this.touch()
  }

  /** A commit may have touched it. */
  touch(): void {
    this.#touchedAt = this.#parts.clock()
    if (!this.#isReading) this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #checkLimit(limit: number): void {
    const { rowsMax } = this.#parts
    if (limit > rowsMax)
      throw new SluiceError('bad_request', `limit: takes at most ${rowsMax}`, { member: 'limit' })
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer !== null) return
    // Whoever asks for more waits for it.
    const gatherMs = this.#owesMore ? 0 : this.#parts.gatherMs
    const waitMs = Math.max(gatherMs, this.#lastMs / SHARE_OF_TIME)
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (this.#parts.port.isCongested) return this.#schedule()
      this.#lookAgain().catch((error: unknown) => this.#parts.port.fail(error))
    }, waitMs).unref()
  }

  async #lookAgain(): Promise<void> {
    const { gatherMs, port, tellDiff } = this.#parts
    const owesMore = this.#owesMore
    this.#owesMore = false
    await this.#tell(await this.#read(owesMore ? 0 : gatherMs), (mark, listing) => {
      if (mark !== this.#mark) tellDiff(this.#diffTo(listing))
      else if (owesMore) port.send({ type: 'same', channel: port.number })
    })
  }

  /** @param say tells what is new in it. */
  async #tell(
    listing: Listing<Item, Extra>,
    say: (mark: Mark, listing: Listing<Item, Extra>) => void,
  ): Promise<void> {
    await this.#parts.inTurn(() => {
      if (this.#isClosed) return
      const { digests, mark } = markedOf(listing, this.#parts.idOf)
      say(mark, listing)
      this.#told = digests
      this.#mark = mark
      if (this.#isTouched) this.#schedule()
    })
  }

  /** What is told now does not show the last commit. */
  get #isTouched(): boolean {
    return this.#touchedAt >= this.#readAt
  }

  async #read(ageMsMax: number): Promise<Listing<Item, Extra>> {
    const { clock, read } = this.#parts
    this.#isReading = true
    const since = clock()
    try {
      const { listing, began } = await read(this.#limit, ageMsMax)
      this.#readAt = began
      return listing
    } finally {
      this.#isReading = false
      this.#lastMs = clock() - since
    }
  }

  /** Made once for all who were told the same before. */
  #diffTo(listing: Listing<Item, Extra>): ListDiff<Item, Extra> {
    const told = this.#mark ?? ''
    const known = (diffs.get(listing) ?? new Map()) as Map<Mark, ListDiff<Item, Extra>>
    diffs.set(listing, known)
    const diff = known.get(told) ?? diffBetween(this.#told, listing, this.#parts.idOf)
    known.set(told, diff)
    return diff
  }
}

/** By what was told before, and forgotten with the listing. */
const diffs = new WeakMap<object, Map<Mark, unknown>>()

function diffBetween<Item, Extra>(
  told: ReadonlyMap<string, Mark>,
  listing: Listing<Item, Extra>,
  idOf: (item: Item) => string,
): ListDiff<Item, Extra> {
  const { digests, mark } = markedOf(listing, idOf)
  const ids = [...digests.keys()]
  return {
    mark,
    changed: listing.items.filter((item) => told.get(idOf(item)) !== digests.get(idOf(item))),
    ids: isSameOrder(ids, [...told.keys()]) ? null : ids,
    next: listing.next,
    extra: listing.extra,
  }
}

interface Marked {
  /** By id, in order. */
  readonly digests: ReadonlyMap<string, Mark>
  readonly mark: Mark
}

const marks = new WeakMap<object, Marked>()

function markedOf<Item, Extra>(listing: Listing<Item, Extra>, idOf: (item: Item) => string): Marked {
  const known = marks.get(listing)
  if (known !== undefined) return known
  const { items, next, extra } = listing
  const digests = new Map(items.map((item) => [idOf(item), markOf(item)]))
  const marked = { digests, mark: markOf([[...digests].flat(), next, extra]) }
  marks.set(listing, marked)
  return marked
}

const isSameOrder = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id, index) => id === other[index])
