/**
 * The gate for Automerge changes of clients (W6). A change passes only if the library itself could have made
 * it from the history that the record has: the next of its actor, built on changes that are known, naming only
 * what its author had seen, and within limits. Everything is checked before a document sees it.
 */
import type { ReadChunk } from './automerge-chunk.ts'
import { readChangeChunk } from './automerge-chunk.ts'
import type { AutomergeLimits } from './automerge-limits.ts'
import { BatchHistory } from './batch-history.ts'
import type { KnownHistory } from './known-history.ts'
import type { DecodeChange, IsGenesis, Verdict, VettedChange } from './vet-change.ts'
import { decodeHere, vetRead } from './vet-change.ts'
import type { Entry } from './waiting-line.ts'
import { WaitingLine } from './waiting-line.ts'

export type { AutomergeLimits } from './automerge-limits.ts'
export { defaultAutomergeLimits } from './automerge-limits.ts'
export type { KnownHistory } from './known-history.ts'
export type { DecodeChange, IsGenesis, Verdict, VettedChange } from './vet-change.ts'
export { decodeHere } from './vet-change.ts'

const noGenesis: IsGenesis = () => false

export function vetChange(
  bytes: Uint8Array,
  known: KnownHistory,
  limits: AutomergeLimits,
  isGenesis: IsGenesis = noGenesis,
): Verdict {
  const rules = { limits, isGenesis, decode: decodeHere }
  return vetRead(readChangeChunk(bytes, limits), new BatchHistory(known), rules)
}

export interface RefusedChange {
  /** Its index among the changes that were handed in. */
  readonly index: number
  readonly hash?: string
  readonly reason: string
}

export interface VettedBatch {
  /** Each after those that it builds on. Changes that are known already are left out. */
  readonly accepted: readonly VettedChange[]
  readonly refused: readonly RefusedChange[]
  /** Changes that must wait, in the order in which they were handed in. Copies. */
  readonly orphans: readonly Uint8Array[]
  /** Hashes that the orphans build on and that are neither known nor among them. */
  readonly missing: readonly string[]
  /** True if `orphans` holds changes that wait for nothing but the next batch (`batchOpsMax`). */
  readonly more: boolean
}

/**
 * Vets changes that may build on each other and come in any order. A bad one takes down those that build on
 * it, and nothing else.
 */
export function vetBatch(
  changes: readonly Uint8Array[],
  known: KnownHistory,
  limits: AutomergeLimits,
  isGenesis: IsGenesis = noGenesis,
  decode: DecodeChange = decodeHere,
): VettedBatch {
  const history = new BatchHistory(known)
  const rules = { limits, isGenesis, decode }
  const entries = changes.map((bytes, index) => ({ index, read: readChangeChunk(bytes, limits) }))
  const line = new WaitingLine(entries)
  const accepted: VettedChange[] = []
  const refused: RefusedChange[] = []
  const refusedHashes = new Set<string>()
  let opsLeft = limits.batchOpsMax
  for (let entry = line.next(); entry !== undefined; entry = line.next()) {
    const { index, read } = entry
    opsLeft -= opsToDecode(read, history)
    if (opsLeft < 0) {
      line.putBack(entry)
      break
    }
    const verdict = buildsOn(read, refusedHashes) ?? vetRead(read, history, rules)
    if (verdict.ok) {
      history.add(verdict.change.decoded)
      accepted.push(verdict.change)
      line.settled(verdict.change.hash)
    } else if (verdict.kind === 'orphan') {
      line.wait(entry, verdict.missing[0] ?? null)
    } else if (verdict.kind === 'refused') {
      const { hash, reason } = verdict
      refused.push(hash === null ? { index, reason } : { index, hash, reason })
      if (hash === null) continue
      refusedHashes.add(hash)
      line.settled(hash)
    }
  }
  const left = line.left()
  const orphans = left.map(({ index }) => new Uint8Array(changes[index] ?? []))
  return { accepted, refused, orphans, missing: missingOf(left, history), more: line.hasNext }
}

function missingOf(orphans: readonly Entry[], history: BatchHistory): readonly string[] {
  const chunks = orphans.flatMap(({ read }) => (read.ok ? [read.chunk] : []))
  const here = new Set(chunks.map(({ hash }) => hash))
  const missing = chunks
    .flatMap(({ deps }) => deps)
    .filter((dep) => !here.has(dep) && !history.hasChange(dep))
  return [...new Set(missing)]
}

/** What vetting a change will cost: nothing if it is known already, or must wait. */
function opsToDecode(read: ReadChunk, history: BatchHistory): number {
  if (!read.ok || history.hasChange(read.chunk.hash)) return 0
  return read.chunk.deps.every((dep) => history.hasChange(dep)) ? read.chunk.opCount : 0
}

function buildsOn(read: ReadChunk, refusedHashes: ReadonlySet<string>): Verdict | null {
  if (!read.ok || !read.chunk.deps.some((dep) => refusedHashes.has(dep))) return null
  return { ok: false, kind: 'refused', reason: 'it builds on a refused change', hash: read.chunk.hash }
}
