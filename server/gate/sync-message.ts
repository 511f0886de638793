/**
 * The messages of Automerge's sync protocol, read and written without the library. A message says what its sender has
 * and lacks, and carries changes, which are for the gate. Layout: a type, the sender's heads, the hashes it needs, what
 * it has (hashes and a Bloom filter), changes, and then flags, which older libraries neither send nor read.
 */
import { BITS_PER_ENTRY, filterBytes, PROBES } from './bloom-filter.ts'
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
  /** See `BloomFilter`: of what the sender has got since. */
  readonly bloom: Uint8Array
}

export interface SyncMessage {
  /** Hex, like all hashes here. */
  readonly heads: readonly string[]
  readonly need: readonly string[]
  readonly have: readonly SyncHave[]
  /** Whole chunks, unvetted; views into the message. */
  readonly changes: readonly Uint8Array[]
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

const DOCUMENT_CHUNK = 0
const CHUNK_TYPE_AT = 8

export function readSyncMessage(bytes: Uint8Array, limits: SyncLimits): ReadSyncMessage {
  try {
    if (bytes.length > limits.messageBytesMax)
      throw new MalformedBytes(`a message of more than ${limits.messageBytesMax} bytes`)
    const parts = readParts(bytes, limits)
    const changes = parts.version === VERSION_2 ? splitPieces(parts.pieces, limits) : parts.pieces
    const { heads, need, have } = parts
    const takesDocuments = parts.flags.includes(TAKES_VERSION_2)
    return { ok: true, message: { heads, need, have, changes, takesDocuments } }
  } catch (error) {
    if (error instanceof MalformedBytes) return { ok: false, reason: error.message }
    throw error
  }
}

export interface SaidMessage extends Pick<SyncMessage, 'heads' | 'need' | 'have'> {
  /** 2 for a receiver who reads changes strung together, and whole documents among them. */
  readonly version: 1 | 2
  /** Changes, and whole documents if the version is 2. */
  readonly chunks: readonly Uint8Array[]
}

/**
 * A message of our own. It has no flags: a peer that does not see them takes us for an older library and sends plain
 * changes, which the gate can look through, and never a whole document.
 */
export function encodeSyncMessage({ version, heads, need, have, chunks }: SaidMessage): Uint8Array {
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const pieces: readonly Bytes[] =
    version === 2
      ? chunks.length === 0
        ? [[0]]
        : [[1], lebBytes(size), ...chunks]
      : [lebBytes(chunks.length), ...chunks.flatMap((chunk) => [lebBytes(chunk.length), chunk])]
  return join(
    [version === 2 ? VERSION_2 : VERSION_1],
    ...hashList(heads),
    ...hashList(need),
    lebBytes(have.length),
    ...have.flatMap(({ lastSync, bloom }) => [...hashList(lastSync), lebBytes(bloom.length), bloom]),
    ...pieces,
  )
}

const hashList = (hashes: readonly string[]): readonly Bytes[] => [
  lebBytes(hashes.length),
  Buffer.from(hashes.join(''), 'hex'),
]

interface Parts extends Pick<SyncMessage, 'heads' | 'need' | 'have'> {
  readonly version: number
  readonly pieces: readonly Uint8Array[]
  readonly flags: Uint8Array
}

function readParts(bytes: Uint8Array, limits: SyncLimits): Parts {
  const reader = new ByteReader(bytes)
  const version = reader.byte()
  if (version !== VERSION_1 && version !== VERSION_2) throw new MalformedBytes('not a sync message')
  const heads = readHashes(reader, limits.headsMax, 'heads')
  const need = readHashes(reader, limits.needMax, 'needed hashes')
  const have = readList(reader, limits.haveMax, 'descriptions of what the sender has', () => ({
    lastSync: readHashes(reader, limits.headsMax, 'heads of the last sync'),
    bloom: readBloom(reader, limits),
  }))
  const pieces = readList(reader, limits.changesMax, 'changes', () => reader.take(reader.uint()))
  const flags = reader.isAtEnd ? new Uint8Array() : readFlags(reader)
  if (!reader.isAtEnd) throw new MalformedBytes('bytes behind the message')
  return { version, heads, need, have, pieces, flags }
}

function readFlags(reader: ByteReader): Uint8Array {
  const length = reader.uint()
  if (length > FLAGS_BYTES_MAX) throw new MalformedBytes(`more than ${FLAGS_BYTES_MAX} flags`)
  return reader.take(length)
}

function readList<T>(reader: ByteReader, max: number, what: string, read: () => T): T[] {
  const count = reader.uint()
  if (count > max) throw new MalformedBytes(`more than ${max} ${what}`)
  return Array.from({ length: count }, read)
}

const readHashes = (reader: ByteReader, max: number, what: string): string[] =>
  readList(reader, max, what, () => Buffer.from(reader.take(HASH_BYTES)).toString('hex'))

/** A filter without entries is written as nothing at all; one with other parameters costs what its sender likes. */
function readBloom(reader: ByteReader, limits: SyncLimits): Uint8Array {
  const bytes = reader.take(reader.uint())
  if (bytes.length === 0) return bytes
  const filter = new ByteReader(bytes)
  const entries = filter.uint()
  if (entries === 0 || entries > limits.bloomEntriesMax)
    throw new MalformedBytes(`a Bloom filter of none or more than ${limits.bloomEntriesMax} entries`)
  if (filter.uint() !== BITS_PER_ENTRY || filter.uint() !== PROBES)
    throw new MalformedBytes('a Bloom filter that is not built as the library builds it')
  if (filter.rest().length !== filterBytes(entries))
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

type Bytes = readonly number[] | Uint8Array

function join(...parts: readonly Bytes[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
