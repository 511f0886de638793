/**
 * Vets one change against a history: whether it fits where it says that it belongs, and then, decoded, what it
 * does there.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { ChangeChunk, ReadChunk } from './automerge-chunk.ts'
import type { AutomergeLimits } from './automerge-limits.ts'
import type { BatchHistory } from './batch-history.ts'
import { opsProblem } from './vet-ops.ts'

export interface VettedChange {
  /** Uncompressed, as it is to be journaled. */
  readonly bytes: Uint8Array
  readonly decoded: DecodedChange
  readonly hash: string
}

export type Verdict =
  | { readonly ok: true; readonly change: VettedChange }
  /** Never to be taken. `hash` is null if the bytes do not even carry the right checksum. */
  | { readonly ok: false; readonly kind: 'refused'; readonly reason: string; readonly hash: string | null }
  /** The record has it. */
  | { readonly ok: false; readonly kind: 'known'; readonly reason: string; readonly hash: string }
  /**
   * Sound so far, but its author had changes that have not arrived: those that are `missing`, or, if that list
   * is empty, others on which it does not build.
   */
  | {
      readonly ok: false
      readonly kind: 'orphan'
      readonly reason: string
      readonly hash: string
      readonly missing: readonly string[]
    }

/** Tells the record's own genesis changes, which may write the keys of the server. */
export type IsGenesis = (hash: string) => boolean

/** Has the library decode a change; null if it cannot. Of a large one that takes long, so it may have been done before. */
export type DecodeChange = (bytes: Uint8Array, hash: string) => DecodedChange | null

export interface VettingRules {
  readonly limits: AutomergeLimits
  readonly isGenesis: IsGenesis
  readonly decode: DecodeChange
}

/** A claimed time, in seconds, that a `Date` can hold. */
const TIME_MAX = 8.64e12

/** Vets what was read of a change; to accept it is to add it to the history. */
export function vetRead(read: ReadChunk, history: BatchHistory, rules: VettingRules): Verdict {
  const hash = read.ok ? read.chunk.hash : read.hash
  if (hash !== null && history.hasChange(hash)) return { ok: false, kind: 'known', reason: 'known', hash }
  if (!read.ok) return { ok: false, kind: 'refused', reason: read.reason, hash }
  const { chunk } = read
  return placeVerdict(chunk, history, rules) ?? opsVerdict(chunk, history, rules)
}

/** Whether the change fits where it says that it belongs; null if it does. */
function placeVerdict(
  chunk: ChangeChunk,
  history: BatchHistory,
  { limits, isGenesis }: VettingRules,
): Verdict | null {
  const { hash, actor, seq, startOp, deps } = chunk
  const refused = (reason: string): Verdict => ({ ok: false, kind: 'refused', reason, hash })
  const orphan = (reason: string, missing: readonly string[]): Verdict => ({
    ok: false,
    kind: 'orphan',
    reason,
    hash,
    missing,
  })
  if (Math.abs(chunk.time) > TIME_MAX) return refused('a time that no clock shows')
  if (startOp + chunk.opCount - 1 > limits.lastOpMax)
    return refused(`operations beyond ${limits.lastOpMax}, the most that a record may have`)
  const lastSeq = history.lastSeq(actor)
  if (seq <= lastSeq) return refused(`another change ${seq} of ${actor}: the actor id is used on two devices`)

  const missing = deps.filter((dep) => !history.hasChange(dep))
  if (missing.length > 0) return orphan('it builds on changes that have not arrived', missing)
  if (seq > lastSeq + 1) return refused(`change ${seq} of ${actor} without the one before it`)
  const hasSeenItsOwn = seq === 1 || deps.some((dep) => history.sees(dep, actor, seq - 1))
  if (!hasSeenItsOwn)
    return refused(`a change that has not seen the one before it: ${actor} is used on two devices`)
  const first = seq === 1 ? undefined : history.hashOf(actor, 1)
  if (first !== undefined && isGenesis(first)) return refused('the actor of a genesis change writes no other')

  const lastSeen = Math.max(0, ...deps.map((dep) => history.maxOp(dep)))
  if (startOp <= lastSeen) return refused('operations that are not numbered after those it builds on')
  // Saved, the library counts the numbers left out as its operations, and the record does not load any more (3.5).
  if (chunk.opCount === 0 && startOp > lastSeen + 1)
    return refused('a change without operations that is not numbered right after those it builds on')
  // An author who writes at an earlier point of history still counts on from all that he knows.
  if (startOp > history.lastOp() + 1) return orphan('its author knew changes that have not arrived', [])
  return null
}

function opsVerdict(
  chunk: ChangeChunk,
  history: BatchHistory,
  { limits, isGenesis, decode }: VettingRules,
): Verdict {
  const { bytes, hash } = chunk
  const decoded = decode(bytes, hash)
  if (decoded === null) return { ok: false, kind: 'refused', reason: 'a change that does not decode', hash }
  const reason = opsProblem(decoded, history, { limits, mayWriteReservedKeys: isGenesis(hash) })
  if (reason !== null) return { ok: false, kind: 'refused', reason, hash }
  return { ok: true, change: { bytes, decoded, hash } }
}

export const decodeHere: DecodeChange = (bytes) => {
  try {
    return Automerge.decodeChange(bytes)
  } catch {
    return null
  }
}
