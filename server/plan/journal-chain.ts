/**
 * The hash chain of a lane (S7): each journal entry carries a digest of itself and of the one before it, so
 * that none can be changed, exchanged or taken out of the middle without all that follow. Pure.
 */
import { createHash, hash as digest } from 'node:crypto'
import type { Json } from '../../shared/json.ts'
import { canonicalJson } from '../../shared/json.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import { digestOf } from '../../shared/schema/collection-definition.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { ChainedEntry, JournalEntry, Lane } from './plan.ts'

/** A lane as a plan finds it: what the next entry is chained to. */
export interface LaneHead {
  readonly lane: Lane
  readonly version: number
  readonly chain: string
}

/** What the first entry of a lane is chained to: no entry fits another record, or its other lane. */
export const chainStart = (documentId: string, lane: Lane): string =>
  digest('sha256', ['sluice journal 1', documentId, lane].map(part).join(''))

/** Where the chain of a record's lane starts. It goes on through erasures: a stub is chained to what it stands for. */
export const laneStart = (key: RecordKey, lane: Lane): string => chainStart(documentIdOf(key), lane)

/**
 * The chain of an entry that stands at `version` behind an entry whose chain is `previous`. Written out
 * without loops and spreads: text is committed thousands of times a second, and this takes half the time.
 */
export function chainOf(
  previous: string,
  lane: Lane,
  version: number,
  { kind, bytes, hash, rejected, schema, origin }: Omit<ChainedEntry, 'chain'>,
): string {
  const { subject, roles, session, door, device, metadata, claimedAt, receivedAt } = origin
  const columns =
    part(previous) +
    part(lane) +
    part(String(version)) +
    part(kind) +
    part(hash) +
    part(rejected ? canonicalJson(rejected as unknown as Json) : null) +
    part(schema) +
    part(subject) +
    part(canonicalJson(roles)) +
    part(session) +
    part(door) +
    part(device) +
    part(canonicalJson(metadata)) +
    part(claimedAt) +
    part(receivedAt)
  if (bytes.byteLength > COPIED_BYTES_MAX)
    return createHash('sha256').update(columns).update(bytes).digest('hex')
  return digest('sha256', Buffer.concat([Buffer.from(columns), bytes]))
}

/** What is hashed in one call: for a keystroke, making a hash object takes three times as long as hashing. */
const COPIED_BYTES_MAX = 16 * 1024

/** One column, so that no two rows of columns give the same text: lengths make plain where each one ends. */
const part = (column: string | null): string => (column === null ? '-' : `${column.length}:${column}`)

/** The entries of a plan as the journal will hold them, each chained to the one before. */
export function chainJournal(
  head: LaneHead,
  entries: readonly JournalEntry[],
  schema: string | null,
): readonly ChainedEntry[] {
  let previous = head.chain
  return entries.map((entry, index) => {
    const stored = withSchema(entry, schema)
    previous = chainOf(previous, head.lane, head.version + index + 1, stored)
    return { chain: previous, ...stored }
  })
}

const withSchema = (
  { kind, bytes, hash, rejected, origin, compartment }: JournalEntry,
  schema: string | null,
): Omit<ChainedEntry, 'chain'> => ({
  kind,
  bytes,
  hash,
  schema,
  origin: storable(origin),
  ...(rejected === undefined ? {} : { rejected }),
  ...(compartment === undefined ? {} : { compartment }),
})

/** Half of a surrogate pair, which UTF-8 cannot say: each store would keep something else in its place. */
const LONE_SURROGATE = /\p{Surrogate}/u
const LONE_SURROGATES = /\p{Surrogate}/gu

const isStorable = (text: string | null): boolean => text === null || !LONE_SURROGATE.test(text)

const mended = <Text extends string | null>(text: Text): Text | string =>
  text === null ? text : text.replace(LONE_SURROGATES, '\ufffd')

/** The origin as it can be stored and read again; `metadata` is JSON, which escapes what it must. */
function storable(origin: Origin): Origin {
  const { subject, session, device, claimedAt, receivedAt } = origin
  if ([subject, session, device, claimedAt, receivedAt].every(isStorable)) return origin
  return {
    ...origin,
    subject: mended(subject),
    session: mended(session),
    device: mended(device),
    claimedAt: mended(claimedAt),
    receivedAt: mended(receivedAt),
  }
}

/** Which schema an entry was judged by; null for what no collection has taken (P14). */
export const schemaDigest = (collection: CollectionSpec): string | null =>
  collection.fields.size === 0 && collection.texts.length === 0 ? null : digestOf(collection)
