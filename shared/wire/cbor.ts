/**
 * The part of CBOR (RFC 8949) that JSON values and byte strings need: definite lengths, no tags, finite numbers, text
 * keys that stand once. Reading is strict and bounded, so that it costs no more than the bytes that were sent; a
 * general library takes tags, dates and cycles as well, and would be half of what a client downloads.
 */
import { MalformedBytes } from './malformed-bytes.ts'

/** What can be written. A member that is `undefined` is left out. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue | undefined }

export interface CborLimits {
  readonly depthMax: number
  /** Values in the whole message, those in arrays and objects, and keys, included. */
  readonly valuesMax: number
}

/** The major types, as the upper three bits of the first byte. */
const UINT = 0x00
const NEGATIVE = 0x20
const BYTES = 0x40
const TEXT = 0x60
const ARRAY = 0x80
const MAP = 0xa0
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
const FLOAT_64 = 0xfb

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const CAPACITY_MIN = 64

/** @throws RangeError for a number that is not finite: there is no such value in JSON. */
export function encodeCbor(value: CborValue): Uint8Array {
  const writer = new Writer()
  writer.value(value)
  return writer.taken
}

/**
 * Byte strings are views of the message.
 * @throws MalformedBytes for anything but exactly one value within the limits.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  const reader = new Reader(bytes, limits)
  const value = reader.value(0)
  if (reader.left > 0) throw new MalformedBytes(`${reader.left} bytes too many`)
  return value
}

class Writer {
  #bytes = new Uint8Array(CAPACITY_MIN)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  get taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  value(value: CborValue): void {
    if (value === null) this.#byte(NULL)
    else if (value === true) this.#byte(TRUE)
    else if (value === false) this.#byte(FALSE)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#text(value)
    else if (value instanceof Uint8Array) this.#string(BYTES, value)
    else if (isArray(value)) {
      this.#head(ARRAY, value.length)
      for (const element of value) this.value(element)
    } else this.#map(value)
  }

  #map(value: { readonly [key: string]: CborValue | undefined }): void {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined)
    this.#head(MAP, keys.length)
    for (const key of keys) {
      this.#text(key)
      this.value(value[key] ?? null)
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0))
      return value < 0 ? this.#head(NEGATIVE, -1 - value) : this.#head(UINT, value)
    if (!Number.isFinite(value)) throw new RangeError('a number that is not finite cannot be written')
    this.#room(9)
    this.#bytes[this.#at] = FLOAT_64
    this.#view.setFloat64(this.#at + 1, value)
    this.#at += 9
  }

  #head(major: number, count: number): void {
    if (count < 24) return this.#byte(major | count)
    const size = count < 0x100 ? 1 : count < 0x1_0000 ? 2 : count < 0x1_0000_0000 ? 4 : 8
    this.#byte(major | (24 + Math.log2(size)))
    for (let unit = 256 ** (size - 1); unit >= 1; unit /= 256) this.#byte(Math.floor(count / unit) & 0xff)
  }

  /** Most are short and of one byte a character: the encoder takes ten times as long for them. */
  #text(text: string): void {
    const start = this.#at
    const { length } = text
    if (length < SHORT_MAX) {
      this.#head(TEXT, length)
      this.#room(length)
      let code = 0
      for (let index = 0; index < length && code < 0x80; index++) {
        code = text.charCodeAt(index)
        this.#bytes[this.#at++] = code
      }
      if (code < 0x80) return
      this.#at = start
    }
    this.#string(TEXT, utf8.encode(text))
  }

  #string(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.byteLength)
    this.#room(bytes.byteLength)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.byteLength
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = byte
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#at + size))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

const SHORT_MAX = 64

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #limits: CborLimits
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#limits = limits
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at
  }

  value(depth: number): CborValue {
    if (depth > this.#limits.depthMax)
      throw new MalformedBytes(`nested deeper than ${this.#limits.depthMax} levels`)
    this.#count(1)
    this.#need(1)
    const first = this.#bytes[this.#at++] ?? 0
    const major = first & 0xe0
    switch (major) {
      case UINT:
        return this.#length(first)
      case NEGATIVE:
        return safe(-1 - this.#length(first))
      case BYTES:
        return this.#slice(this.#length(first))
      case TEXT:
        return this.#text(first)
      case ARRAY:
        return this.#array(first, depth)
      case MAP:
        return this.#map(first, depth)
      default:
        return this.#simple(first)
    }
  }

  #array(first: number, depth: number): CborValue {
    const length = this.#announced(first, 1)
    const elements: CborValue[] = []
    for (let index = 0; index < length; index++) elements.push(this.value(depth + 1))
    return elements
  }

  #map(first: number, depth: number): CborValue {
    const length = this.#announced(first, 2)
    const members: Record<string, CborValue> = {}
    for (let index = 0; index < length; index++) {
      this.#count(1)
      this.#need(1)
      const head = this.#bytes[this.#at++] ?? 0
      if ((head & 0xe0) !== TEXT) throw new MalformedBytes('a key that is no text')
      const key = this.#text(head)
      if (key === '__proto__') throw new MalformedBytes('the name __proto__ is reserved')
      if (Object.hasOwn(members, key)) throw new MalformedBytes('a key that stands twice')
      members[key] = this.value(depth + 1)
    }
    return members
  }

  #simple(first: number): CborValue {
    if (first === NULL) return null
    if (first === TRUE || first === FALSE) return first === TRUE
    if (first !== FLOAT_64) throw new MalformedBytes(`a value of a kind that is not used here (${first})`)
    this.#need(8)
    const value = this.#view.getFloat64(this.#at)
    this.#at += 8
    if (!Number.isFinite(value)) throw new MalformedBytes('a number that is not finite')
    return value
  }

  #text(first: number): string {
    const bytes = this.#slice(this.#length(first))
    try {
      return strictUtf8.decode(bytes)
    } catch {
      throw new MalformedBytes('a text that is not UTF-8')
    }
  }

  #slice(length: number): Uint8Array {
    this.#need(length)
    const { buffer, byteOffset } = this.#bytes
    const slice = new Uint8Array(buffer, byteOffset + this.#at, length)
    this.#at += length
    return slice
  }

  /** A number of elements that the bytes which follow can hold. */
  #announced(first: number, bytesMin: number): number {
    const length = this.#length(first)
    if (length * bytesMin > this.left)
      throw new MalformedBytes(`${length} elements are announced and ${this.left} bytes are left`)
    return length
  }

  #length(first: number): number {
    const info = first & 0x1f
    if (info < 24) return info
    const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0
    if (size === 0) throw new MalformedBytes('a length that is not definite')
    this.#need(size)
    const at = this.#at
    this.#at += size
    if (size === 1) return this.#view.getUint8(at)
    if (size === 2) return this.#view.getUint16(at)
    if (size === 4) return this.#view.getUint32(at)
    return safe(this.#view.getUint32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4))
  }

  #need(length: number): void {
    if (length > this.left) throw new MalformedBytes('the bytes end too early')
  }

  #count(values: number): void {
    this.#values += values
    if (this.#values > this.#limits.valuesMax)
      throw new MalformedBytes(`more than ${this.#limits.valuesMax} values`)
  }
}

const isArray = (value: object): value is readonly CborValue[] => Array.isArray(value)

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new MalformedBytes('an integer is out of range')
  return value
}
