/**
 * Takes snapshots of a record's documents, beside its commits (S5): what is known of a document is put aside at once, its
 * history is saved elsewhere, and the store keeps both if the journal still has the entry that they end with.
 */

import { laneOf } from '../plan/plan.ts'
import { encodeSnapshot, frameOf } from '../plan/record-snapshot.ts'
import type { RecordState, SnapshotMark } from '../plan/record-state.ts'
import { documentsOf } from '../plan/record-state.ts'
import type { LaneSnapshot, Storage } from '../storage/storage.ts'
import type { DocumentSaver } from './document-saver.ts'

export interface SnapshotParts {
  readonly storage: Pick<Storage, 'keepSnapshots'>
  readonly saver: Pick<DocumentSaver, 'save'>
}

interface Taken {
  readonly documentId: string
  readonly snapshot: LaneSnapshot
  /** That it has taken the place of. */
  readonly tailBytes: number
}

/** Of entries: fewer are not worth a snapshot. */
export const TAIL_ENTRIES_MIN = 64
/** When the record leaves memory: to judge an entry again costs some ten times as much as to have it in a snapshot. */
const LAST_TAIL_ENTRIES_MIN = 16

/** Whether the tail has grown so long that a new snapshot pays: rewriting stays amortised constant. */
export const wantsSnapshot = ({ version, snapshot }: RecordState): boolean =>
  version - snapshot.version >= TAIL_ENTRIES_MIN && snapshot.tailBytes >= snapshot.bytes / 2

export const wantsLastSnapshot = ({ version, snapshot }: RecordState): boolean =>
  version - snapshot.version >= LAST_TAIL_ENTRIES_MIN

/**
 * @param isDue of which documents; nothing is done if there is none.
 * @returns the record, whatever has come of it meanwhile, with what the store has now; null if it has kept nothing.
 * @throws what the store or the library says.
 */
export async function takeSnapshots(
  record: RecordState,
  isDue: (document: RecordState) => boolean,
  { storage, saver }: SnapshotParts,
): Promise<((record: RecordState) => RecordState) | null> {
  const due = documentsOf(record).filter(isDue)
  if (due.length === 0) return null
  const taken = await Promise.all(due.map((document) => take(document, saver)))
  const result = await storage.keepSnapshots(
    record.key,
    taken.map(({ snapshot }) => snapshot),
  )
  if (result.status === 'failed') throw new Error(result.reason)
  return result.status === 'stale' ? null : (now) => withTaken(now, taken)
}

/** What the document is like is read before anything is waited for. */
async function take(document: RecordState, saver: SnapshotParts['saver']): Promise<Taken> {
  const { compartment, documentId, version, chain, snapshot } = document
  const frame = frameOf(document)
  const { giveBack, ...unsaved } = document.doc.lend()
  const saved = await saver.save(unsaved)
  giveBack(saved)
  const bytes = encodeSnapshot(frame, saved)
  return {
    documentId,
    snapshot: { lane: laneOf(compartment), version, chain, bytes },
    tailBytes: snapshot.tailBytes,
  }
}

function withTaken(record: RecordState, taken: readonly Taken[]): RecordState {
  const one = (document: RecordState): RecordState => {
    const found = taken.find(({ documentId }) => documentId === document.documentId)
    return found === undefined || found.snapshot.version <= document.snapshot.version
      ? document
      : { ...document, snapshot: markOf(document, found) }
  }
  const compartments = new Map([...record.compartments].map(([name, state]) => [name, one(state)]))
  return { ...one(record), compartments }
}

const markOf = ({ snapshot: before }: RecordState, { snapshot, tailBytes }: Taken): SnapshotMark => ({
  version: snapshot.version,
  bytes: snapshot.bytes.byteLength,
  tailBytes: before.tailBytes - tailBytes,
})
