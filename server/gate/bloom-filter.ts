/**
 * The Bloom filter with which Automerge's sync protocol names changes: a set of hashes that may seem to hold one in a
 * hundred others (B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970). Its parameters are
 * the library's.
 */
import { ByteReader, lebBytes } from './byte-reader.ts'

export const BITS_PER_ENTRY = 10
export const PROBES = 7

export const filterBytes = (entries: number): number => Math.ceil((entries * BITS_PER_ENTRY) / 8)

export class BloomFilter {
  readonly #entries: number
  readonly #bits: Uint8Array

  private constructor(entries: number, bits: Uint8Array) {
    this.#entries = entries
    this.#bits = bits
  }

  /** @param hashes hex. */
  static of(hashes: readonly string[]): BloomFilter {
    const filter = new BloomFilter(hashes.length, new Uint8Array(filterBytes(hashes.length)))
    for (const hash of hashes) filter.#add(hash)
    return filter
  }

  /** @param bytes as `readSyncMessage` lets them pass; none for the empty filter. */
  static read(bytes: Uint8Array): BloomFilter {
    if (bytes.length === 0) return BloomFilter.of([])
    const reader = new ByteReader(bytes)
    const entries = reader.uint()
    // The parameters, which are always the same.
    reader.uint()
    reader.uint()
    return new BloomFilter(entries, reader.rest())
  }

  get encoded(): Uint8Array {
    if (this.#entries === 0) return new Uint8Array()
    return Uint8Array.from([...lebBytes(this.#entries), BITS_PER_ENTRY, PROBES, ...this.#bits])
  }

  /** True also for some that were never put in. */
  has(hash: string): boolean {
    if (this.#entries === 0) return false
    for (const probe of this.#probes(hash))
      if (((this.#bits[probe >>> 3] ?? 0) & (1 << (probe & 7))) === 0) return false
    return true
  }

  #add(hash: string): void {
    for (const probe of this.#probes(hash))
      this.#bits[probe >>> 3] = (this.#bits[probe >>> 3] ?? 0) | (1 << (probe & 7))
  }

  /**
   * Triple hashing of the first 96 bits (P. Dillinger and P. Manolios, "Bloom Filters in Probabilistic Verification",
   * 2004, section 4.2).
   */
  #probes(hash: string): readonly number[] {
    const bits = this.#bits.length * 8
    const bytes = Buffer.from(hash.slice(0, 24), 'hex')
    let x = bytes.readUInt32LE(0) % bits
    let y = bytes.readUInt32LE(4) % bits
    const z = bytes.readUInt32LE(8) % bits
    const probes = [x]
    while (probes.length < PROBES) {
      x = (x + y) % bits
      y = (y + z) % bits
      probes.push(x)
    }
    return probes
  }
}
