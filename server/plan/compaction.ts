/**
 * What stands for the older entries of a text's journal once they are joined (S10): one entry. Its bytes are the text as
 * they gave it; its metadata say how many they were and whose, and the chain of the last, on which the next one builds.
 */
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { brotliCompressSync, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib'
import { isCount, isExactly, isListOf, isPositive, isText } from './exact-shape.ts'
import { fromColumns } from './from-columns.ts'
import type { JournalEntry } from './plan.ts'
import { toColumns } from './to-columns.ts'

/** How much one subject wrote, and when. */
export interface Contribution {
  readonly subject: string
  readonly entries: number
  /** Of their updates. */
  readonly bytes: number
  /** When the first and the last of them were received, ISO 8601. */
  readonly from: string
  readonly to: string
}

export interface Compaction {
  /** How many entries it stands for: those behind the newest stub of an erasure, or behind the lane's start. */
  readonly entries: number
  /** Chain of the last of them. */
  readonly chain: string
  /** When the first and the last of them were received, ISO 8601. */
  readonly from: string
  readonly to: string
  /** Length of the text's columns when they are inflated, and of the update (V1) that they are made into. */
  readonly columnBytes: number
  readonly updateBytes: number
  /** One per subject, by when it first wrote. */
  readonly contributions: readonly Contribution[]
}

const isContribution = isExactly<Contribution>({
  subject: isText,
  entries: isPositive,
  bytes: isCount,
  from: isText,
  to: isText,
})

const isSummary = isExactly<Compaction>({
  entries: isPositive,
  chain: isText,
  from: isText,
  to: isText,
  columnBytes: isPositive,
  updateBytes: isPositive,
  contributions: isListOf(isContribution),
})

export const isCompaction = ({ kind }: Pick<JournalEntry, 'kind'>): boolean => kind === 'compaction'

/** Null for metadata that are no compaction's. */
export const decodeCompaction = (metadata: unknown): Compaction | null =>
  isSummary(metadata) ? metadata : null

/** @throws RangeError for an entry that somebody has edited: what follows it cannot be read without it. */
export function compactionOf({ origin }: Pick<JournalEntry, 'origin'>): Compaction {
  const compaction = decodeCompaction(origin.metadata)
  if (compaction === null) throw new RangeError('the compaction of a text cannot be read')
  return compaction
}

type Lengths = Pick<Compaction, 'columnBytes' | 'updateBytes'>

/** How a text lies in a compaction, with what it takes to read it. */
export interface PackedText extends Lengths {
  readonly bytes: Uint8Array
}

/** A higher quality saves a tenth at fifty times the time. */
const QUALITY = 6

/** @param update a whole text (V1). @throws RangeError for what the server does not write. */
export function packText(update: Uint8Array): PackedText {
  const columns = toColumns(update)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: columns.byteLength,
  }
  return {
    bytes: new Uint8Array(brotliCompressSync(columns, { params })),
    columnBytes: columns.byteLength,
    updateBytes: update.byteLength,
  }
}

/** In one piece, and no more than that. */
const inflated = ({ columnBytes }: Lengths): { chunkSize: number; maxOutputLength: number } => ({
  chunkSize: Math.max(columnBytes, constants.Z_MIN_CHUNK),
  maxOutputLength: columnBytes,
})

const inflate = promisify(brotliDecompress)

/** The text as one Yjs update (V1). @throws Error for bytes that `packText` has not made. */
export function unpackText(bytes: Uint8Array, lengths: Lengths): Uint8Array {
  const steps = fromColumns(brotliDecompressSync(bytes, inflated(lengths)), lengths.updateBytes)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The same for the main thread, which a large text may not hold: inflated beside it, and read in turns. */
export async function inflateText(bytes: Uint8Array, lengths: Lengths): Promise<Uint8Array> {
  const steps = fromColumns(await inflate(bytes, inflated(lengths)), lengths.updateBytes)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    await setImmediate()
  }
}
