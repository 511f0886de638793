/**
 * What an erasure leaves in each lane of a record (E2): a stub in the place of its whole history, which says what was
 * taken away, and with which a new epoch begins.
 */
import { isCount, isExactly, isFlag, isListOf, isPositive, isText } from './exact-shape.ts'
import type { ChainedEntry, JournalEntry } from './plan.ts'

/** Who erased, when and through which door stands in the stub's origin, as with every entry. */
export interface Erasure {
  /** Of the history that begins with it; the first one has epoch 0. */
  readonly epoch: number
  /** The stub's own place in its lane: versions count on. */
  readonly version: number
  /** How many entries it stands for: those behind the stub before it, or behind the lane's start. */
  readonly entries: number
  /** Chain of the last of them, to which the stub is chained. */
  readonly previous: string
  /** The Automerge document of the epoch that has ended. */
  readonly documentId: string
  readonly reason: string
  /** Whether the record may begin anew. */
  readonly allowNew: boolean
  /** Yjs client ids of all epochs that have ended: numbers that their clients drew, without the subjects. */
  readonly clients: readonly number[]
}

const isErasure = isExactly<Erasure>({
  epoch: isPositive,
  version: isPositive,
  entries: isCount,
  previous: isText,
  documentId: isText,
  reason: isText,
  allowNew: isFlag,
  clients: isListOf(isCount),
})

export const encodeErasure = (erasure: Erasure): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(erasure))

/** Null for bytes that are no stub's. */
export function decodeErasure(bytes: Uint8Array): Erasure | null {
  try {
    const stub: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isErasure(stub) ? stub : null
  } catch {
    return null
  }
}

export const isStub = ({ kind }: Pick<JournalEntry, 'kind'>): boolean => kind === 'erasure'

export interface Epoch {
  /** With which it began; null for the first. */
  readonly erasure: Erasure | null
  readonly entries: readonly ChainedEntry[]
}

/**
 * The part of a lane's journal that is in force: what follows its newest stub.
 * @throws RangeError for a stub that somebody has edited.
 */
export function presentEpoch(journal: readonly ChainedEntry[]): Epoch {
  const at = journal.findLastIndex(isStub)
  const last = journal[at]
  if (last === undefined) return { erasure: null, entries: journal }
  const erasure = decodeErasure(last.bytes)
  if (erasure === null) throw new RangeError('the stub of an erasure cannot be read')
  return { erasure, entries: journal.slice(at + 1) }
}

/** The version at which the present epoch begins. */
export const startOf = (erasure: Erasure | null): number => erasure?.version ?? 0

export const epochOf = (erasure: Erasure | null): number => erasure?.epoch ?? 0
