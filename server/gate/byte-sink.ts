/** Bytes that are written one after the other, in lib0's encoding, to memory that grows with them. */
export class ByteSink {
  #bytes: Uint8Array
  #length = 0

  /** @param capacity bytes for which memory is set aside at once. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** What was written; not to be written to afterwards. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  uint(value: number): void {
    this.#reserve(UINT_BYTES_MAX)
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80
    this.#bytes[this.#length++] = rest
  }

  /** As an unsigned one: 0, -1, 1, -2, … */
  int(value: number): void {
    this.uint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** Copies what there is of them. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = Math.min(end, source.byteLength) - start
    if (!(count > 0)) return
    this.#reserve(count)
    if (count > COPIED_SINGLY_MAX) this.#bytes.set(source.subarray(start, start + count), this.#length)
    else
      for (let index = 0; index < count; index++)
        this.#bytes[this.#length + index] = source[start + index] ?? 0
    this.#length += count
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.byteLength) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

const UINT_BYTES_MAX = 8
/** So few bytes are copied faster than it takes to make a view of them. */
const COPIED_SINGLY_MAX = 32

/** The inverse of `ByteSink.int`. */
export const signed = (uint: number): number => (uint % 2 === 0 ? uint / 2 : -(uint + 1) / 2)
