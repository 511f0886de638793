/**
 * Reads lib0's encoding at full speed and without checking: past the end everything is NaN. For bytes that the server
 * has written itself, and for a first look at others, which are vetted before anything is made of them.
 */
export class ByteCursor {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Never true once something was read past the end. */
  get isAtEnd(): boolean {
    return this.at === this.bytes.byteLength
  }

  byte(): number {
    return this.bytes[this.at++] ?? Number.NaN
  }

  uint(): number {
    let value = 0
    for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      if (Number.isNaN(byte)) return byte
    }
    return Number.NaN
  }

  /** Bytes with their length before them. */
  skipBytes(): void {
    const length = this.uint()
    this.at += length
  }
}

/** Length of a text of UTF-8, by the first bytes of its characters; 0 if it starts within one, or is cut short. */
export function utf16Length(bytes: Uint8Array, start: number, end: number): number {
  if (!(end <= bytes.byteLength) || isInsideCharacter(bytes[start] ?? 0)) return 0
  let length = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (!isInsideCharacter(byte)) length += byte >= 0xf0 ? 2 : 1
  }
  return length
}

const isInsideCharacter = (byte: number): boolean => (byte & 0xc0) === 0x80
