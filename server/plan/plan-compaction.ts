/**
 * The planner of a compaction (S10, W2): the oldest entries of a text go in, and the one that takes their place comes out,
 * or why they are left alone. It takes as long as replaying them does, so it belongs into a thread.
 */
import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Compaction, Contribution, PackedText } from './compaction.ts'
import { compactionOf, isCompaction, packText, unpackText } from './compaction.ts'
import { chainOf, laneStart } from './journal-chain.ts'
import type { ChainedEntry } from './plan.ts'

export interface NumberedEntry {
  readonly version: number
  readonly entry: ChainedEntry
}

export interface CompactionRequest {
  readonly key: RecordKey
  /** Version and chain of the stub with which the epoch began; 0 and null for the first one. */
  readonly start: number
  readonly startChain: string | null
  /** The epoch's first entries, in order. The first may be a compaction. */
  readonly entries: readonly NumberedEntry[]
  /** Those behind them, up to the one whose chain a checkpoint has signed; none if that is the last to be joined. */
  readonly following: readonly NumberedEntry[]
  readonly signedChain: string
  /** Who compacts, and when. */
  readonly origin: Origin
}

/** Takes away the entries of a text that one entry stands for from now on. */
export interface CompactionPlan {
  readonly key: RecordKey
  /** Version of the entry before the first that goes. */
  readonly start: number
  /** Version of the last that goes, at which the new one stands. */
  readonly through: number
  /** How many there are, and the chain column of the last: others mean that somebody was faster (W3). */
  readonly expectedEntries: number
  readonly expectedChain: string
  readonly entry: ChainedEntry
}

/** @throws RangeError, saying why, for entries that are left to `sluice verify`: nothing is taken away that does not fit. */
export function planCompaction(request: CompactionRequest): CompactionPlan {
  const { key, start, entries, origin } = request
  const last = entries.at(-1)
  if (last === undefined) throw new RangeError('there is nothing to join')
  const chain = checkedChain(request)
  const { bytes, ...lengths } = packed(joined(entries))
  const compaction = { ...summaryOf(entries), chain, ...lengths }
  const entry = {
    kind: 'compaction',
    bytes,
    hash: createHash('sha256').update(bytes).digest('hex'),
    origin: { ...origin, metadata: compaction as unknown as Origin['metadata'], claimedAt: null },
    schema: null,
  } as const
  return {
    key,
    start,
    through: last.version,
    expectedEntries: entries.length,
    expectedChain: last.entry.chain,
    entry: { ...entry, chain: chainOf(chain, 'text', last.version, entry) },
  }
}

/** Computes the chain up to what a checkpoint has signed. @returns that of the last entry to be joined. */
function checkedChain(request: CompactionRequest): string {
  const { key, start, startChain, entries, following, signedChain } = request
  let chain = startChain ?? laneStart(key, 'text')
  let version = start
  let end = chain
  for (const numbered of [...entries, ...following]) {
    const { entry } = numbered
    const stood = isCompaction(entry) ? compactionOf(entry) : null
    version += stood?.entries ?? 1
    const previous = stood?.chain ?? chain
    if (numbered.version !== version || chainOf(previous, 'text', version, entry) !== entry.chain)
      throw new RangeError(`version ${numbered.version} does not fit its chain`)
    chain = stood?.chain ?? entry.chain
    if (numbered === entries.at(-1)) end = chain
  }
  if (chain !== signedChain) throw new RangeError(`version ${version} is not what a checkpoint has signed`)
  return end
}

/** All of it as one update; it is read again before anything is taken away for it. */
function joined(entries: readonly NumberedEntry[]): Uint8Array {
  const update = encoded(entries.map(({ entry }) => updateOf(entry)))
  if (Buffer.compare(encoded([update]), update) !== 0) throw unlike()
  return update
}

function packed(update: Uint8Array): PackedText {
  const { bytes, ...lengths } = packText(update)
  if (Buffer.compare(unpackText(bytes, lengths), update) !== 0) throw unlike()
  return { bytes, ...lengths }
}

const unlike = (): RangeError => new RangeError('the text that was joined is not read as it was written')

const updateOf = (entry: ChainedEntry): Uint8Array =>
  isCompaction(entry) ? unpackText(entry.bytes, compactionOf(entry)) : entry.bytes

function encoded(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc()
  try {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
    return Y.encodeStateAsUpdate(doc)
  } finally {
    doc.destroy()
  }
}

function summaryOf(
  entries: readonly NumberedEntry[],
): Omit<Compaction, 'chain' | 'columnBytes' | 'updateBytes'> {
  const contributions = new Map<string, Contribution>()
  let count = 0
  for (const { entry } of entries)
    for (const part of contributionsIn(entry)) {
      count += part.entries
      contributions.set(part.subject, sumOf(contributions.get(part.subject), part))
    }
  const parts = [...contributions.values()]
  return {
    entries: count,
    from: parts.reduce((least, { from }) => (from < least ? from : least), parts[0]?.from ?? ''),
    to: parts.reduce((most, { to }) => (to > most ? to : most), ''),
    contributions: parts,
  }
}

function contributionsIn(entry: ChainedEntry): readonly Contribution[] {
  if (isCompaction(entry)) return compactionOf(entry).contributions
  const { subject, receivedAt } = entry.origin
  return [{ subject, entries: 1, bytes: entry.bytes.byteLength, from: receivedAt, to: receivedAt }]
}

const sumOf = (known: Contribution | undefined, part: Contribution): Contribution =>
  known === undefined
    ? part
    : {
        subject: part.subject,
        entries: known.entries + part.entries,
        bytes: known.bytes + part.bytes,
        from: part.from < known.from ? part.from : known.from,
        to: part.to > known.to ? part.to : known.to,
      }
