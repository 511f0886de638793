/** Checks one lane of a record's journal against its own chain (S7). Damage is told, and the walk goes on. */

import { createHash } from 'node:crypto'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { roomName } from '../../shared/record/record-key.ts'
import { readChangeChunk } from '../gate/automerge-chunk.ts'
import { defaultAutomergeLimits } from '../gate/automerge-limits.ts'
import type { Compaction } from '../plan/compaction.ts'
import { decodeCompaction, isCompaction } from '../plan/compaction.ts'
import type { Erasure } from '../plan/erasure.ts'
import { decodeErasure, isStub, startOf } from '../plan/erasure.ts'
import { chainOf, laneStart } from '../plan/journal-chain.ts'
import type { ChainedEntry, JournalKind, Lane } from '../plan/plan.ts'
import type { AuditedEntry, AuditedRecord, AuditStorage } from '../storage/audit-storage.ts'

export interface LaneParts {
  readonly audit: Pick<AuditStorage, 'scanLane'>
  /** Digests of the definitions that the store holds (S8). */
  readonly schemas: ReadonlySet<string>
  readonly report: (problem: string) => void
}

/** Kinds whose bytes are an Automerge change, so that `hash` follows from them. */
const CHANGES: ReadonlySet<JournalKind> = new Set(['genesis', 'change', 'settle', 'resolution', 'undo'])
const PAGE = 200
/** What is journaled may be as large as it is: the limits of the gate are for clients. */
const NO_LIMITS = { ...defaultAutomergeLimits, changeBytesMax: Infinity, inflatedBytesMax: 2 ** 31 - 1 }

export const placeOf = (key: RecordKey, lane: Lane, version: number): string =>
  `${key.tenant}:${roomName(key)}, ${lane}, version ${version}`

export interface VerifiedLane {
  /** The number of entries that were found. */
  readonly entries: number
  /** The newest one; null if the lane has not been erased. */
  readonly erasure: Erasure | null
}

export async function verifyLane(parts: LaneParts, record: AuditedRecord, lane: Lane): Promise<VerifiedLane> {
  const { key } = record
  const tell = (version: number, problem: string): void =>
    parts.report(`${placeOf(key, lane, version)}: ${problem}`)
  let previous: string | null = laneStart(key, lane)
  let last = 0
  let count = 0
  let erasure: Erasure | null = null
  for await (const audited of entriesOf(parts.audit, key, lane)) {
    const { version, chain, entry } = audited
    count += 1
    if (version < 1) {
      tell(version, 'no entry has such a version')
      continue
    }
    if (entry !== null && isStub(entry)) {
      const read = decodeErasure(entry.bytes)
      for (const problem of stubProblems(read, lane, { version, last, previous, epoch: erasure?.epoch ?? 0 }))
        tell(version, problem)
      if (read !== null) {
        // It stands for all that is missing before it, and vouches for the chain.
        erasure = read
        previous = read.previous
        last = version - 1
      }
    }
    const stood = entry !== null && isCompaction(entry) ? decodeCompaction(entry.origin.metadata) : null
    if (entry !== null && isCompaction(entry))
      for (const problem of compactionProblems(stood, entry, lane, {
        version,
        last,
        start: startOf(erasure),
      }))
        tell(version, problem)
    if (stood !== null) {
      // So does it, from where the epoch begins.
      previous = stood.chain
      last = version - 1
    }
    if (version > last + 1) {
      tell(last + 1, version === last + 2 ? 'is missing' : `is missing, and so are all up to ${version - 1}`)
      // What follows a gap cannot be computed: it is believed, and checked from there on.
      previous = null
    }
    if (entry === null) tell(version, audited.damage)
    else for (const problem of entryProblems(parts, previous, lane, version, entry)) tell(version, problem)
    previous = stood?.chain ?? chain
    last = version
  }
  const counted = record.versions.get(lane) ?? 0
  if (counted > last) tell(last + 1, `is missing: the record counts ${counted} entries`)
  if (counted < last) tell(counted + 1, `is one too many: the record counts ${counted} entries`)
  return { entries: count, erasure }
}

interface Before {
  readonly version: number
  /** Version and chain of the entry before; the chain is null if it is not known. */
  readonly last: number
  readonly previous: string | null
  readonly epoch: number
}

/** Whether a stub says what it stands for (E2). */
function stubProblems(
  stub: Erasure | null,
  lane: Lane,
  { version, last, previous, epoch }: Before,
): readonly string[] {
  if (stub === null) return ['is a stub that cannot be read']
  // A compartment may have come to be after the record was erased for the first time.
  const isNextEpoch = stub.epoch === epoch + 1 || (lane !== 'fields' && lane !== 'text' && stub.epoch > epoch)
  const isNext = stub.version === version && isNextEpoch
  const fits = stub.entries === version - 1 - last
  const follows = stub.entries > 0 || previous === null || previous === stub.previous
  return isNext && fits && follows ? [] : ['is a stub that does not say what it stands for']
}

/** Whether a compaction says what it stands for, and holds the text that it was made with (S10). */
function compactionProblems(
  compaction: Compaction | null,
  { bytes, hash }: ChainedEntry,
  lane: Lane,
  { version, last, start }: { readonly version: number; readonly last: number; readonly start: number },
): readonly string[] {
  if (compaction === null) return ['is a compaction whose metadata cannot be read']
  const fits = lane === 'text' && last === start && compaction.entries === version - last
  const isWhole = createHash('sha256').update(bytes).digest('hex') === hash
  return [
    ...(fits ? [] : ['is a compaction that does not say what it stands for']),
    ...(isWhole ? [] : ['is a compaction whose text was changed']),
  ]
}

async function* entriesOf(
  audit: Pick<AuditStorage, 'scanLane'>,
  key: RecordKey,
  lane: Lane,
): AsyncGenerator<AuditedEntry> {
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const page = await audit.scanLane(key, lane, after, PAGE)
    yield* page
    after = page.at(-1)?.version ?? after
    if (page.length < PAGE) return
  }
}

function entryProblems(
  { schemas }: LaneParts,
  previous: string | null,
  lane: Lane,
  version: number,
  entry: ChainedEntry,
): readonly string[] {
  const problems: string[] = []
  if (previous !== null && chainOf(previous, lane, version, entry) !== entry.chain)
    problems.push('does not give its chain: a column of it was changed, or the chain before it')
  if (CHANGES.has(entry.kind)) {
    const hash = changeHash(entry.bytes)
    if (hash === null) problems.push('its bytes are no change any more')
    else if (hash !== entry.hash)
      problems.push(`its bytes are the change ${hash}, and its row says ${entry.hash}`)
  }
  if (entry.schema !== null && !schemas.has(entry.schema))
    problems.push(`names a schema that the store does not have: ${entry.schema}`)
  return problems
}

/** Null for bytes that are no Automerge change. */
function changeHash(bytes: Uint8Array): string | null {
  try {
    const read = readChangeChunk(bytes, NO_LIMITS)
    return read.ok ? read.chunk.hash : read.hash
  } catch {
    return null
  }
}
