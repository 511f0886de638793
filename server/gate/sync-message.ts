/**
 * The messages of Automerge's sync protocol, read without the library. A message says what its sender has and
 * lacks, and carries changes: these are taken out for the gate, and only the rest is for the library. Layout:
 * a type, the sender's heads, the hashes it needs, what it has (hashes and a Bloom filter), changes, and then
 * flags, which older libraries neither send nor read.
 */
import { ByteReader, lebBytes, MalformedBytes } from './byte-reader.ts'

export interface SyncLimits {
  readonly messageBytesMax: number
  readonly headsMax: number
  readonly needMax: number
  /** Descriptions of what the sender has. The library sends one at most. */
  readonly haveMax: number
  /** Changes that a Bloom filter stands for. */
  readonly bloomEntriesMax: number
  readonly changesMax: number
}

export const defaultSyncLimits: SyncLimits = {
  messageBytesMax: 16 * 1024 * 1024,
  headsMax: 1_000,
  needMax: 5_000,
  haveMax: 1,
  bloomEntriesMax: 1_000_000,
  changesMax: 5_000,
}

export interface SyncHave {
  /** Heads that both sides had when they last agreed, hex. */
  readonly lastSync: readonly string[]
  readonly bloom: Uint8Array
}

export interface SyncMessage {
  /** Hex, like all hashes here. */
  readonly heads: readonly string[]
  readonly need: readonly string[]
  readonly have: readonly SyncHave[]
  /** Whole chunks, unvetted; views into the message. */
  readonly changes: readonly Uint8Array[]
  /**
   * The same message without changes, safe for the library. Let the library receive it before the changes are
   * applied: afterwards it takes heads that it has itself for an answer, and the sender never learns that its
   * changes have arrived.
   */
  readonly withoutChanges: Uint8Array
  /** Its sender reads changes strung together, and whole documents. */
  readonly takesDocuments: boolean
}

export type ReadSyncMessage =
  | { readonly ok: true; readonly message: SyncMessage }
  | { readonly ok: false; readonly reason: string }

/** Changes one by one; the second version sends them in one piece, or a whole document instead. */
const VERSION_1 = 0x42
const VERSION_2 = 0x43
/** Among the flags. */
const TAKES_VERSION_2 = 2
const HASH_BYTES = 32
const FLAGS_BYTES_MAX = 16
/** The library's own parameters; a filter with others costs as much time as its sender likes. */
const BLOOM_BITS_PER_ENTRY = 10
const BLOOM_PROBES = 7

const DOCUMENT_CHUNK = 0
const CHUNK_TYPE_AT = 8

export function readSyncMessage(bytes: Uint8Array, limits: SyncLimits): ReadSyncMessage {
  try {
    if (bytes.length > limits.messageBytesMax)
      throw new MalformedBytes(`a message of more than ${limits.messageBytesMax} bytes`)
    const parts = readParts(bytes, limits)
    const changes = parts.version === VERSION_2 ? splitPieces(parts.pieces, limits) : parts.pieces
    const { heads, need, have } = parts
    const head = bytes.subarray(1, parts.changesAt)
    const withoutChanges = join([VERSION_1], head, [0], bytes.subarray(parts.flagsAt))
    const takesDocuments = bytes.subarray(parts.flagsAt + 1).includes(TAKES_VERSION_2)
    return { ok: true, message: { heads, need, have, changes, withoutChanges, takesDocuments } }
  } catch (error) {
    if (error instanceof MalformedBytes) return { ok: false, reason: error.message }
    throw error
  }
}

const UNLIMITED: SyncLimits = {
  messageBytesMax: Infinity,
  headsMax: Infinity,
  needMax: Infinity,
  haveMax: Infinity,
  bloomEntriesMax: Infinity,
  changesMax: Infinity,
}

/**
 * A message of our own library without its flags. A peer that does not see them takes us for an older library
 * and sends plain changes, which the gate can look through, and never a whole document.
 * @throws RangeError for what the library cannot have written.
 */
export function withoutCapabilities(message: Uint8Array): Uint8Array {
  try {
    return message.slice(0, readParts(message, UNLIMITED).flagsAt)
  } catch (error) {
    throw new RangeError('not a sync message of the library', { cause: error })
  }
}

/**
 * A message of our own library that asks for these changes by name, and for nothing else: its sender's Bloom
 * filter is left out, as the library does when it asks so.
 * @param need hex.
 * @throws RangeError for what the library cannot have written.
 */
export function withNeed(message: Uint8Array, need: readonly string[]): Uint8Array {
  try {
    const { needAt, changesAt } = readParts(message, UNLIMITED)
    const hashes = Buffer.from(need.join(''), 'hex')
    const head = message.subarray(0, needAt)
    return join(head, lebBytes(need.length), hashes, [0], message.subarray(changesAt))
  } catch (error) {
    throw new RangeError('not a sync message of the library', { cause: error })
  }
}

/**
 * A message of our own that asks for nothing.
 * @param heads hex: what the sender has, and its receiver with the changes in it.
 * @param chunks changes, and whole documents if it is of version 2.
 */
export function encodeSyncMessage(
  version: 1 | 2,
  heads: readonly string[],
  chunks: readonly Uint8Array[],
): Uint8Array {
  const hashes = Buffer.from(heads.join(''), 'hex')
  const count = lebBytes(heads.length)
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const pieces: (readonly number[] | Uint8Array)[] =
    version === 2
      ? chunks.length === 0
        ? [[0]]
        : [[1], lebBytes(size), ...chunks]
      : [lebBytes(chunks.length), ...chunks.flatMap((chunk) => [lebBytes(chunk.length), chunk])]
  // Without needed hashes; and it has what lies behind the heads, and no more: a filter of no entries.
  return join([version === 2 ? VERSION_2 : VERSION_1], count, hashes, [0, 1], count, hashes, [0], ...pieces)
}

interface Parts extends Pick<SyncMessage, 'heads' | 'need' | 'have'> {
  readonly version: number
  readonly pieces: readonly Uint8Array[]
  /** Where the list of needed hashes starts. */
  readonly needAt: number
  /** Where the list of changes starts, and where it ends. */
  readonly changesAt: number
  readonly flagsAt: number
}

function readParts(bytes: Uint8Array, limits: SyncLimits): Parts {
  const reader = new ByteReader(bytes)
  const version = reader.byte()
  if (version !== VERSION_1 && version !== VERSION_2) throw new MalformedBytes('not a sync message')
  const heads = readHashes(reader, limits.headsMax, 'heads')
  const needAt = reader.offset
  const need = readHashes(reader, limits.needMax, 'needed hashes')
  const have = readList(reader, limits.haveMax, 'descriptions of what the sender has', () => ({
    lastSync: readHashes(reader, limits.headsMax, 'heads of the last sync'),
    bloom: readBloom(reader, limits),
  }))
  const changesAt = reader.offset
  const pieces = readList(reader, limits.changesMax, 'changes', () => reader.take(reader.uint()))
  const flagsAt = reader.offset
  if (!reader.isAtEnd) {
    const length = reader.uint()
    if (length > FLAGS_BYTES_MAX) throw new MalformedBytes(`more than ${FLAGS_BYTES_MAX} flags`)
    reader.take(length)
  }
  if (!reader.isAtEnd) throw new MalformedBytes('bytes behind the message')
  return { version, heads, need, have, pieces, needAt, changesAt, flagsAt }
}

function readList<T>(reader: ByteReader, max: number, what: string, read: () => T): T[] {
  const count = reader.uint()
  if (count > max) throw new MalformedBytes(`more than ${max} ${what}`)
  return Array.from({ length: count }, read)
}

const readHashes = (reader: ByteReader, max: number, what: string): string[] =>
  readList(reader, max, what, () => Buffer.from(reader.take(HASH_BYTES)).toString('hex'))

/** A filter without entries is written as nothing at all. */
function readBloom(reader: ByteReader, limits: SyncLimits): Uint8Array {
  const bytes = reader.take(reader.uint())
  if (bytes.length === 0) return bytes
  const filter = new ByteReader(bytes)
  const entries = filter.uint()
  if (entries === 0 || entries > limits.bloomEntriesMax)
    throw new MalformedBytes(`a Bloom filter of none or more than ${limits.bloomEntriesMax} entries`)
  if (filter.uint() !== BLOOM_BITS_PER_ENTRY || filter.uint() !== BLOOM_PROBES)
    throw new MalformedBytes('a Bloom filter that is not built as the library builds it')
  if (filter.rest().length !== Math.ceil((entries * BLOOM_BITS_PER_ENTRY) / 8))
    throw new MalformedBytes('a Bloom filter of the wrong size')
  return bytes
}

/** The changes that a message of version 2 has strung together, in one piece at most. */
function splitPieces(pieces: readonly Uint8Array[], limits: SyncLimits): Uint8Array[] {
  const [piece] = pieces
  if (piece === undefined) return []
  if (pieces.length > 1) throw new MalformedBytes('changes in more than one piece')
  const reader = new ByteReader(piece)
  const changes: Uint8Array[] = []
  while (!reader.isAtEnd) {
    const start = reader.offset
    reader.take(CHUNK_TYPE_AT)
    if (reader.byte() === DOCUMENT_CHUNK)
      throw new MalformedBytes('a whole document, which this server never asks for: send changes')
    reader.take(reader.uint())
    if (changes.length === limits.changesMax)
      throw new MalformedBytes(`more than ${limits.changesMax} changes`)
    changes.push(piece.subarray(start, reader.offset))
  }
  return changes
}

function join(...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
