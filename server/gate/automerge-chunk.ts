/**
 * One Automerge change as it travels, read without the library. A chunk is the magic `85 6f 4a 83`, four
 * bytes of checksum, a type, a length and the body: a change (1), or the same deflated (2). The checksum is
 * the start of the change's hash, which is the SHA-256 of everything behind it in its uncompressed form.
 */
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import type { AutomergeLimits } from './automerge-limits.ts'
import { ByteReader, lebBytes, MalformedBytes } from './byte-reader.ts'
import { readOps } from './change-ops.ts'

export interface ChangeChunk {
  /** The whole chunk, uncompressed: the one form in which this change is journaled. A copy. */
  readonly bytes: Uint8Array
  readonly hash: string
  /** Hex. */
  readonly actor: string
  readonly seq: number
  readonly startOp: number
  readonly opCount: number
  /** Seconds since 1970, as its author claims. */
  readonly time: number
  readonly deps: readonly string[]
}

export type ReadChunk =
  | { readonly ok: true; readonly chunk: ChangeChunk }
  /** `hash` is known if the checksum is right. */
  | { readonly ok: false; readonly reason: string; readonly hash: string | null }

const MAGIC = [0x85, 0x6f, 0x4a, 0x83]
const CHECKSUM_BYTES = 4
const CHANGE = 1
const DEFLATED_CHANGE = 2
const HASH_BYTES = 32
const ACTOR_BYTES_MIN = 16
/** The library puts a few bytes before an id when it writes at an earlier point of history. */
const ACTOR_BYTES_MAX = 48
/** Behind the columns of an actor's first change the library may put who the author is, as he says. */
const AUTHOR = 1
const AUTHOR_BYTES_MAX = 128

export function readChangeChunk(bytes: Uint8Array, limits: AutomergeLimits): ReadChunk {
  let hash: string | null = null
  try {
    const envelope = readEnvelope(bytes, limits)
    hash = envelope.hash
    return { ok: true, chunk: { bytes: envelope.bytes, hash, ...readBody(envelope.body, limits) } }
  } catch (error) {
    if (error instanceof MalformedBytes) return { ok: false, reason: error.message, hash }
    throw error
  }
}

type Envelope = Pick<ChangeChunk, 'bytes' | 'hash'>

function readEnvelope(bytes: Uint8Array, limits: AutomergeLimits): Envelope & { readonly body: Uint8Array } {
  if (bytes.length > limits.changeBytesMax)
    throw new MalformedBytes(`a change of more than ${limits.changeBytesMax} bytes`)
  const reader = new ByteReader(bytes)
  if (MAGIC.some((byte) => reader.byte() !== byte)) throw new MalformedBytes('not an Automerge chunk')
  const checksum = Buffer.from(reader.take(CHECKSUM_BYTES))
  const type = reader.byte()
  if (type !== CHANGE && type !== DEFLATED_CHANGE) throw new MalformedBytes('a chunk that is not a change')
  const content = reader.take(reader.uint())
  if (!reader.isAtEnd) throw new MalformedBytes('bytes behind the change')

  const body = type === CHANGE ? content : inflate(content, limits.inflatedBytesMax)
  const header = [CHANGE, ...lebBytes(body.length)]
  const digest = createHash('sha256').update(Uint8Array.from(header)).update(body).digest()
  if (!digest.subarray(0, CHECKSUM_BYTES).equals(checksum)) throw new MalformedBytes('a wrong checksum')
  const canonical = Buffer.concat([Uint8Array.from(MAGIC), checksum, Uint8Array.from(header), body])
  return { bytes: new Uint8Array(canonical), hash: digest.toString('hex'), body }
}

/** What `inflateRawSync` answers with `info`, which its type does not tell. */
interface Inflated {
  readonly buffer: Uint8Array
  /** Counts the input that was used. */
  readonly engine: { readonly bytesWritten: number }
}

function inflate(deflated: Uint8Array, bytesMax: number): Uint8Array {
  let inflated: Inflated
  try {
    const answer: unknown = inflateRawSync(deflated, { maxOutputLength: bytesMax, info: true })
    inflated = answer as Inflated
  } catch {
    throw new MalformedBytes(`a deflated change that is broken or holds more than ${bytesMax} bytes`)
  }
  if (inflated.engine.bytesWritten !== deflated.length)
    throw new MalformedBytes('bytes behind the deflated change')
  return inflated.buffer
}

function readBody(body: Uint8Array, limits: AutomergeLimits): Omit<ChangeChunk, keyof Envelope> {
  const reader = new ByteReader(body)
  const deps = readAscending(reader, limits.depsMax, 'dependencies', () => toHex(reader.take(HASH_BYTES)))
  const actor = readActor(reader)
  const seq = reader.uint()
  const startOp = reader.uint()
  if (seq === 0 || startOp === 0) throw new MalformedBytes('a seq or start of zero')
  const time = reader.int()
  const messageLength = reader.uint()
  if (messageLength > limits.messageLengthMax)
    throw new MalformedBytes(`a message longer than ${limits.messageLengthMax} bytes`)
  reader.take(messageLength)
  const others = readAscending(reader, Infinity, 'actors', () => readActor(reader))
  if (others.includes(actor)) throw new MalformedBytes('actors that are doubled or out of order')
  const opCount = readOps(reader, [actor, ...others], limits)
  if (!reader.isAtEnd) readAuthor(reader, seq)
  return { actor, seq, startOp, opCount, time, deps }
}

/** A list of ids, counted, each larger than the one before it. */
function readAscending(reader: ByteReader, max: number, what: string, read: () => string): string[] {
  const count = reader.uint()
  if (count > max) throw new MalformedBytes(`more than ${max} ${what}`)
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const id = read()
    if (id <= (ids.at(-1) ?? '')) throw new MalformedBytes(`${what} that are doubled or out of order`)
    ids.push(id)
  }
  return ids
}

function readActor(reader: ByteReader): string {
  const length = reader.uint()
  if (length < ACTOR_BYTES_MIN || length > ACTOR_BYTES_MAX)
    throw new MalformedBytes(`an actor id that is not ${ACTOR_BYTES_MIN} to ${ACTOR_BYTES_MAX} bytes long`)
  return toHex(reader.take(length))
}

function readAuthor(reader: ByteReader, seq: number): void {
  const isAuthor = seq === 1 && reader.uint() === AUTHOR
  const length = isAuthor ? reader.uint() : 0
  if (length === 0 || length > AUTHOR_BYTES_MAX) throw new MalformedBytes('extra bytes of unknown meaning')
  reader.take(length)
  if (!reader.isAtEnd) throw new MalformedBytes('extra bytes of unknown meaning')
}

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
