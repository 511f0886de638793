/**
 * Records as they were last read, by row and revision: who has the row's revision need not read, join and parse it
 * again. The revision comes from the database each time, so nothing has to tell the cache what was written, by this
 * process or by another. What is kept longest without being asked for goes first.
 */
import type { StoredRecord } from '../storage.ts'

interface Kept {
  readonly revision: number
  readonly stored: StoredRecord
  readonly bytes: number
}

/** What an entry takes beside the texts that it holds: objects, keys and the map's own slot. */
const ENTRY_BYTES = 1_024
/** A JavaScript string takes up to two bytes for each character, and what is parsed of it as much again. */
const BYTES_PER_CHARACTER = 4

export class RecordCache {
  readonly #bytesMax: number
  readonly #kept = new Map<number, Kept>()
  #bytes = 0

  /** @param bytesMax of all records together, as estimated from their characters. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @returns the record as it is at this revision; null if it has to be read. */
  find(row: number, revision: number): StoredRecord | null {
    const kept = this.#kept.get(row)
    if (kept?.revision !== revision) return null
    this.#kept.delete(row)
    this.#kept.set(row, kept)
    return kept.stored
  }

  /** @param characters of the columns that it was read from. */
  keep(row: number, revision: number, stored: StoredRecord, characters: number): void {
    const bytes = ENTRY_BYTES + characters * BYTES_PER_CHARACTER
    this.#drop(row)
    // One that takes a large part of the room would push out many for itself.
    if (bytes > this.#bytesMax / 8) return
    this.#kept.set(row, { revision, stored, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#drop(oldest)
    }
  }

  #drop(row: number): void {
    const kept = this.#kept.get(row)
    if (kept === undefined) return
    this.#kept.delete(row)
    this.#bytes -= kept.bytes
  }
}
