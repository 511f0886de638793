// Which characters of which authors an update holds. Everybody in a room is sent the same bytes, so that they need to be
// read once for all clients of the load generator.
import * as Y from 'yjs'

export interface Range {
  readonly author: number
  readonly from: number
  readonly to: number
}

interface Known {
  readonly bytes: Buffer
  readonly ranges: readonly Range[]
}

const recent: Known[] = []
const RECENT_MAX = 64
let oldest = 0

export function updateRanges(update: Uint8Array): readonly Range[] {
  const bytes = Buffer.from(update.buffer, update.byteOffset, update.byteLength)
  const known = recent.find((one) => one.bytes.length === bytes.length && one.bytes.equals(bytes))
  if (known !== undefined) return known.ranges
  const { from, to } = Y.parseUpdateMeta(update)
  const ranges = [...to].map(([author, end]) => ({ author, from: from.get(author) ?? 0, to: end }))
  recent[oldest] = { bytes: Buffer.from(bytes), ranges }
  oldest = (oldest + 1) % RECENT_MAX
  return ranges
}
