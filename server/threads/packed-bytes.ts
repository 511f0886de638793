/** Many byte strings on their way to a thread. */

/**
 * All of them in one buffer, whose memory may be handed over: structured cloning of a hundred thousand small arrays
 * would hold the main thread, and cloning a view copies the whole buffer behind it.
 */
export interface PackedBytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Byte length of each, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>
}

export function packBytes(parts: readonly Uint8Array[]): PackedBytes {
  const lengths = Uint32Array.from(parts, (part) => part.byteLength)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.byteLength
  }
  return { bytes, lengths }
}

export function* unpackBytes({ bytes, lengths }: PackedBytes): Generator<Uint8Array> {
  let offset = 0
  for (const length of lengths) {
    yield bytes.subarray(offset, offset + length)
    offset += length
  }
}
