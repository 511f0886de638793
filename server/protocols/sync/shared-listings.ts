/**
 * Lists that many follow at the same time, such as a board or the inbox, are read once for all who ask for the same and have
 * the same rights: the same roles in the same tenant, and where a rule asks the record at hand (A4), the same person.
 */

import type { AccessActor } from '../../../shared/schema/access.ts'
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
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
   * @param name tells it from every other list, and those who may see it from others; see `readersOf`.
   * @param scope what is listed; null if it is more than a collection.
   * @param ageMsMax how long ago it may have been read for somebody else, if the store has moved on since.
   */
  async read(
    name: string,
    scope: RecordScope | null,
    ageMsMax: number,
    read: () => Promise<Listing>,
  ): Promise<ReadAt<Listing>> {
    const now = this.#parts.clock()
    const mark = scope === null ? null : this.#parts.storage.markOf(scope)
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

/** Names all who are shown the same of these collections as this one. */
export function readersOf(
  { tenant, roles, subject, device }: AccessActor,
  collections: Iterable<CollectionSpec>,
): readonly unknown[] {
  const isPersonal = [...collections].some(({ access }) => dependsOnRecord(access))
  return isPersonal ? [tenant, roles, subject, device] : [tenant, roles]
}
