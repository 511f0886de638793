/**
 * What stands for the older entries of a text's journal once they are joined (S10): one entry. Its bytes are the text as
 * they gave it; its metadata say how many they were and whose, and the chain of the last, on which the next one builds.
 */
import { promisify } from 'node:util'
import { brotliCompressSync, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib'
import { z } from 'zod'
import type { JournalEntry } from './plan.ts'

const contribution = z.strictObject({
  subject: z.string(),
  entries: z.int().positive(),
  /** Of their updates. */
  bytes: z.int().nonnegative(),
  /** When the first and the last of them were received, ISO 8601. */
  from: z.string(),
  to: z.string(),
})

const summary = z.strictObject({
  /** How many entries it stands for: those behind the newest stub of an erasure, or behind the lane's start. */
  entries: z.int().positive(),
  /** Chain of the last of them. */
  chain: z.string(),
  /** When the first and the last of them were received, ISO 8601. */
  from: z.string(),
  to: z.string(),
  /** Length of the text's bytes when they are inflated. */
  inflatedBytes: z.int().positive(),
  /** One per subject, by when it first wrote. */
  contributions: z.array(contribution).readonly(),
})

/** How much one subject wrote, and when. */
export type Contribution = Readonly<z.infer<typeof contribution>>
export type Compaction = Readonly<z.infer<typeof summary>>

export const isCompaction = ({ kind }: Pick<JournalEntry, 'kind'>): boolean => kind === 'compaction'

/** Null for metadata that are no compaction's. */
export function decodeCompaction(metadata: unknown): Compaction | null {
  const read = summary.safeParse(metadata)
  return read.success ? read.data : null
}

/** @throws RangeError for an entry that somebody has edited: what follows it cannot be read without it. */
export function compactionOf({ origin }: Pick<JournalEntry, 'origin'>): Compaction {
  const compaction = decodeCompaction(origin.metadata)
  if (compaction === null) throw new RangeError('the compaction of a text cannot be read')
  return compaction
}

/**
 * Yjs's first encoding, because a room tells it as it is: the second is a quarter smaller, and has to be decoded before
 * anybody is answered. A higher quality saves a tenth at fifty times the time.
 */
const QUALITY = 6

export const packText = (update: Uint8Array): Uint8Array =>
  new Uint8Array(
    brotliCompressSync(update, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: update.byteLength,
      },
    }),
  )

/** In one piece, and no more than that. */
const inflated = (length: number): { chunkSize: number; maxOutputLength: number } => ({
  chunkSize: Math.max(length, constants.Z_MIN_CHUNK),
  maxOutputLength: length,
})

const inflate = promisify(brotliDecompress)

/** The text as one Yjs update (V1). @throws Error for bytes that `packText` has not made. */
export const unpackText = (bytes: Uint8Array, { inflatedBytes }: Compaction): Uint8Array =>
  new Uint8Array(brotliDecompressSync(bytes, inflated(inflatedBytes)))

/** The same in a thread of its own: a large text takes longer than the main thread may be held. */
export const inflateText = async (bytes: Uint8Array, { inflatedBytes }: Compaction): Promise<Uint8Array> =>
  new Uint8Array(await inflate(bytes, inflated(inflatedBytes)))
