/**
 * Strict reading of bytes in lib0's encoding. The library's own readers trust their input: past the end some
 * of them yield `undefined`, and a count of two billion in a five-byte message is believed. Here every read
 * stops at the end, every integer is exact, and a count is only believed when the bytes that follow can hold
 * it, so that decoding costs no more than the bytes that were sent.
 */
import * as decoding from 'lib0/decoding'
import { decodeUtf8 } from 'lib0/string'
import { MalformedBytes } from './malformed-bytes.ts'

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string /** Byte offset of the fault. */; readonly at: number }

/** Reads a whole message: what `read` leaves unread is a fault too. */
export function decode<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): Decoded<T> {
  const reader = new ByteReader(bytes)
  try {
    const value = read(reader)
    if (reader.left > 0) return { ok: false, reason: `${reader.left} bytes too many`, at: reader.at }
    return { ok: true, value }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, reason, at: reader.at }
  }
}

export class ByteReader {
  readonly #decoder: decoding.Decoder

  constructor(bytes: Uint8Array) {
    this.#decoder = decoding.createDecoder(bytes)
  }

  get at(): number {
    return this.#decoder.pos
  }

  get left(): number {
    return this.#decoder.arr.length - this.#decoder.pos
  }

  byte(): number {
    this.#need(1)
    return decoding.readUint8(this.#decoder)
  }

  /** An unsigned integer of variable length, at most 2^53 - 1. */
  uint(): number {
    const value = decoding.readVarUint(this.#decoder)
    if (!Number.isSafeInteger(value)) throw new MalformedBytes('an integer is out of range')
    return value
  }

  /** How many elements follow, when each takes at least `elementBytesMin` bytes. */
  count(elementBytesMin: number): number {
    const count = this.uint()
    if (count * elementBytesMin > this.left)
      throw new MalformedBytes(`${count} elements are announced and ${this.left} bytes are left`)
    return count
  }

  /** A view of the message's own bytes, not a copy. */
  bytes(): Uint8Array {
    return decoding.readVarUint8Array(this.#decoder)
  }

  skip(length: number): void {
    this.#need(length)
    this.#decoder.pos += length
  }

  /** Well-formed UTF-8. */
  text(bytesMax = Number.POSITIVE_INFINITY): string {
    const bytes = this.bytes()
    if (bytes.byteLength > bytesMax)
      throw new MalformedBytes(`a text of ${bytes.byteLength} bytes, more than ${bytesMax}`)
    return decodeUtf8(bytes)
  }

  #need(length: number): void {
    if (length > this.left) throw new MalformedBytes('the bytes end too early')
  }
}
