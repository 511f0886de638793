/**
 * Records as they were last read, by row and revision: who has the row's revision need not read, join and parse it
 * again. The revision comes from the database each time, so nothing has to tell the cache what was written, by this
 * process or by another.
 */
import { BoundedMap } from '../../bounded-map.ts'
import type { StoredRecord } from '../storage.ts'

interface Kept {
  readonly revision: number
  readonly stored: StoredRecord
}

/** What an entry takes beside the texts that it holds: objects, keys and the map's own slot. */
const ENTRY_BYTES = 1_024
/** A JavaScript string takes up to two bytes for each character, and what is parsed of it as much again. */
const BYTES_PER_CHARACTER = 4

export class RecordCache {
  readonly #kept: BoundedMap<number, Kept>

  /** @param bytesMax of all records together, as estimated from their characters. */
  constructor(bytesMax: number) {
    this.#kept = new BoundedMap(bytesMax)
  }

  get bytes(): number {
    return this.#kept.bytes
  }

  /** @returns the record as it is at this revision; null if it has to be read. */
  find(row: number, revision: number): StoredRecord | null {
    const kept = this.#kept.find(row)
    return kept?.revision === revision ? kept.stored : null
  }

  /** @param characters of the columns that it was read from. */
  keep(row: number, revision: number, stored: StoredRecord, characters: number): void {
    this.#kept.keep(row, { revision, stored }, ENTRY_BYTES + characters * BYTES_PER_CHARACTER)
  }
}
