/** A replay on its way to the materializer's thread. */
import type { TextReplay } from './text-replay.ts'

/**
 * All updates in one buffer, whose memory is handed over: structured cloning of a hundred thousand small arrays
 * would hold the main thread, and cloning a view copies the whole buffer behind it.
 */
export interface PackedReplay extends Pick<TextReplay, 'texts' | 'wantSnapshot'> {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Byte length of each update, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>
}

export function packUpdates(updates: readonly Uint8Array[]): Pick<PackedReplay, 'bytes' | 'lengths'> {
  const lengths = Uint32Array.from(updates, (update) => update.byteLength)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let offset = 0
  for (const update of updates) {
    bytes.set(update, offset)
    offset += update.byteLength
  }
  return { bytes, lengths }
}

export function* unpackUpdates({ bytes, lengths }: PackedReplay): Generator<Uint8Array> {
  let offset = 0
  for (const length of lengths) {
    yield bytes.subarray(offset, offset + length)
    offset += length
  }
}
