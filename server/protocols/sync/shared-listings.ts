/**
 * Lists that many follow at the same time, such as a board, are read once for all who ask for the same with the same roles in
 * the same tenant. What a rule says of the record at hand (A4) is asked for each reader, so a list of such a collection is
 * everybody's own.
 */
import type { RecordScope, Storage } from '../../storage/storage.ts'

/** Some lists that are read just now, or will be soon. */
const LISTINGS_MAX = 16

/** Something that was read, and when that began, by the clock of the listings. */
export interface ReadAt<Listing> {
  readonly listing: Listing
  /** It shows all commits that were told before. */
  readonly began: number
}

interface Shared<Listing> {
  readonly listing: Promise<Listing>
  readonly began: number
  /** The store's mark then. */
  readonly mark: number | null
}

export interface SharedListingsParts {
  readonly storage: Pick<Storage, 'markOf'>
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

export class SharedListings<Listing> {
  readonly #parts: SharedListingsParts
  /** By name, the one that was read longest ago first. */
  readonly #shared = new Map<string, Shared<Listing>>()

  constructor(parts: SharedListingsParts) {
    this.#parts = parts
  }

  /**
   * @param name tells it from every other list, and those who may see it from others.
   * @param scope what is listed.
   * @param ageMsMax how long ago it may have been read for somebody else, if the store has moved on since.
   */
  async read(
    name: string,
    scope: RecordScope,
    ageMsMax: number,
    read: () => Promise<Listing>,
  ): Promise<ReadAt<Listing>> {
    const now = this.#parts.clock()
    const mark = this.#parts.storage.markOf(scope)
    const known = this.#shared.get(name)
    if (known !== undefined && mark !== null && known.mark === mark)
      return { listing: await known.listing, began: now }
    if (known !== undefined && known.began > now - ageMsMax)
      return { listing: await known.listing, began: known.began }
    const listing = read()
    this.#keep(name, { listing, began: now, mark })
    return { listing: await listing, began: now }
  }

  #keep(name: string, shared: Shared<Listing>): void {
    this.#shared.delete(name)
    this.#shared.set(name, shared)
    shared.listing.catch(() => {
      if (this.#shared.get(name) === shared) this.#shared.delete(name)
    })
    for (const oldest of this.#shared.keys()) {
      if (this.#shared.size <= LISTINGS_MAX) return
      this.#shared.delete(oldest)
    }
  }
}
