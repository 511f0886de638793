/**
 * Reads the primitives of Automerge's binary format, in the only form in which the library writes them:
 * LEB128 integers are minimal, and none is larger than JavaScript can hold.
 */

/** Thrown by a reader and caught where untrusted bytes enter; its message is the reason of the refusal. */
export class MalformedBytes extends Error {}

/** Eight groups of seven bits hold every integer up to 2^53, and few beyond it. */
const LEB128_BYTES_MAX = 8
const TOO_LARGE = 'an integer beyond 2^53, which JavaScript cannot hold'
const NOT_MINIMAL = 'an integer that is longer than need be'

export class ByteReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get offset(): number {
    return this.#offset
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw new MalformedBytes('cut short')
    this.#offset++
    return byte
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Uint8Array {
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new MalformedBytes('cut short')
    const taken = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return taken
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#offset)
  }

  /** Unsigned LEB128. */
  uint(): number {
    let value = 0
    let scale = 1
    for (let length = 1; length <= LEB128_BYTES_MAX; length++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte >= 0x80) continue
      if (byte === 0 && length > 1) throw new MalformedBytes(NOT_MINIMAL)
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes(TOO_LARGE)
      return value
    }
    throw new MalformedBytes(TOO_LARGE)
  }

  /** Signed LEB128. */
  int(): number {
    let value = 0
    let scale = 1
    let previous = 0
    for (let length = 1; length <= LEB128_BYTES_MAX; length++) {
      const byte = this.byte()
      if (byte >= 0x80) {
        value += (byte & 0x7f) * scale
        scale *= 128
        previous = byte
        continue
      }
      const onlyExtendsTheSign = (previous & 0x40) === 0 ? byte === 0 : byte === 0x7f
      if (length > 1 && onlyExtendsTheSign) throw new MalformedBytes(NOT_MINIMAL)
      value += (byte < 0x40 ? byte : byte - 0x80) * scale
      if (!Number.isSafeInteger(value)) throw new MalformedBytes(TOO_LARGE)
      return value
    }
    throw new MalformedBytes(TOO_LARGE)
  }
}

/** Unsigned LEB128 of an integer that is not negative. */
export function lebBytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}
