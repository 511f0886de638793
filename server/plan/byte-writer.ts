/** Writes the primitives of Automerge's binary format, as the library does: LEB128 integers are minimal. */

/** What is first written to gets so many; nothing at all is written to many columns. */
const BYTES_MIN = 64
const NOTHING = new Uint8Array()
/** Of one that is made empty. */
const KEPT_BYTES_MAX = 16 * 1024
/** Its length is one byte. */
const SHORT = 0x80
const utf8 = new TextEncoder()
const floats = new DataView(new ArrayBuffer(8))

export class ByteWriter {
  #bytes = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has been written: a view, until more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Makes it empty, for the next that is to be written: what has been written must have been copied. */
  clear(): void {
    this.#length = 0
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = NOTHING
  }

  /** What has been written to another. */
  append(other: ByteWriter): void {
    this.#reserve(other.#length)
    // Most are so short that to make a view of them takes longer.
    if (other.#length > SHORT) this.#bytes.set(other.written, this.#length)
    else for (let at = 0; at < other.#length; at++) this.#bytes[this.#length + at] = other.#bytes[at] ?? 0
    this.#length += other.#length
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Unsigned LEB128 of a safe integer. */
  uint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80)
    this.byte(rest)
  }

  /** Signed LEB128 of a safe integer. */
  int(value: number): void {
    let rest = value
    for (; rest < -0x40 || rest >= 0x40; rest = Math.floor(rest / 0x80)) this.byte(lowBits(rest) | 0x80)
    this.byte(lowBits(rest))
  }

  /** With its length before it. */
  text(text: string): void {
    if (text.length < SHORT && this.#shortAscii(text)) return
    const bytes = utf8.encode(text)
    this.uint(bytes.length)
    this.bytes(bytes)
  }

  /** Without a length. @returns how many bytes it takes. */
  utf8(text: string): number {
    const bytes = utf8.encode(text)
    this.bytes(bytes)
    return bytes.length
  }

  float(value: number): void {
    floats.setFloat64(0, value, true)
    this.bytes(new Uint8Array(floats.buffer))
  }

  hex(hex: string): void {
    this.bytes(Buffer.from(hex, 'hex'))
  }

  /** Most keys are: five times as fast as an encoder. @returns false if it is none; nothing is written then. */
  #shortAscii(text: string): boolean {
    this.#reserve(text.length + 1)
    let at = this.#length
    this.#bytes[at++] = text.length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return false
      this.#bytes[at++] = code
    }
    this.#length = at
    return true
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2, BYTES_MIN))
    grown.set(this.written)
    this.#bytes = grown
  }
}

/** The lowest seven bits, also of a negative integer that has more than 32 of them. */
const lowBits = (value: number): number => ((value % 0x80) + 0x80) % 0x80
