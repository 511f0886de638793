/** Makes a record's state from what is stored: the snapshot, then the journal's tail, judged again (C3). */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { digestOf } from '../../shared/schema/collection-definition.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { admitEntry } from './admit.ts'
import type { Erasure } from './erasure.ts'
import { epochOf } from './erasure.ts'
import { LayeredMap } from './layered-map.ts'
import type { ChainedEntry, OutboxEvent } from './plan.ts'
import type { PlanSteps } from './plan-steps.ts'
import { atOnce } from './plan-steps.ts'
import { RecordDraft } from './record-draft.ts'
import { decodeSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { emptyRecordState } from './record-state.ts'
import { judgeUnder } from './rekey-units.ts'

export interface FoldInput {
  readonly snapshot: { readonly version: number; readonly bytes: Uint8Array } | null
  readonly tail: readonly ChainedEntry[]
  /** With which the epoch began that the snapshot and the tail belong to (E2). */
  readonly erasure?: Erasure | null
  /** How often the record has been erased: a compartment may have come to be since. */
  readonly epoch?: number
  /** Of the newest entry; null if there is none. It is believed: `sluice verify` is what checks it. */
  readonly chain: string | null
  readonly bindings: ReadonlyMap<string, string>
  readonly createdAt: string | null
  /** Earlier versions of the schema by digest: each entry is judged by the one under which it came in (S8). */
  readonly schemas?: ReadonlyMap<string, CollectionSpec>
}

/** Everything that the entries give, as the plans that wrote them gave it. */
export interface Replay {
  readonly state: RecordState
  readonly lines: readonly FieldChange[]
  /** By id, each as it was left. */
  readonly conflicts: ReadonlyMap<string, Conflict>
  /** Those of states that were entered, in their order. */
  readonly events: readonly OutboxEvent[]
}

/**
 * Folds the journal of one document, in steps, between which others may have their turn (W6).
 * @throws whatever Automerge throws on bytes that a damaged store has returned.
 */
export function* foldSteps(
  key: RecordKey,
  collection: CollectionSpec,
  input: FoldInput,
  compartment = MAIN,
): PlanSteps<RecordState> {
  const { state } = yield* replaySteps(key, collection, input, compartment)
  return state
}

/** Folds all at once; see `foldSteps`. */
export const foldJournal = (
  key: RecordKey,
  collection: CollectionSpec,
  input: FoldInput,
  compartment = MAIN,
): RecordState => replayJournal(key, collection, input, compartment).state

/**
 * @param input a tail that holds the entries of all documents, in the order of the journal, gives them all; what is
 *   told of several documents at once, as the lines of the log are, is complete then.
 * @throws whatever Automerge throws on bytes that a damaged store has returned.
 */
export const replayJournal = (
  key: RecordKey,
  collection: CollectionSpec,
  input: FoldInput,
  compartment = MAIN,
): Replay => atOnce(replaySteps(key, collection, input, compartment))

/** Entries that are judged in one step, which takes about a millisecond. */
const STEP_ENTRIES = 16

function* replaySteps(
  key: RecordKey,
  collection: CollectionSpec,
  input: FoldInput,
  compartment: string,
): PlanSteps<Replay> {
  const { erasure = null, epoch = epochOf(erasure) } = input
  const { bindings, createdAt, chain } = input
  const fresh = emptyRecordState(key, collection, { erasure, epoch, compartment, chain })
  const empty = { ...fresh, bindings: LayeredMap.of(bindings), createdAt }
  const start =
    input.snapshot === null ? empty : decodeSnapshot(empty, input.snapshot.version, input.snapshot.bytes)
  if (input.tail.length === 0) return { state: start, lines: [], conflicts: new Map(), events: [] }
  const draft = new RecordDraft(start)
  const versionOf = (digest: string | null): CollectionSpec =>
    digest === null || digest === digestOf(collection)
      ? collection
      : (input.schemas?.get(digest) ?? collection)
  draft.collection = versionOf(start.schema)
  for (const [index, entry] of input.tail.entries()) {
    if (index % STEP_ENTRIES === 0) yield
    const document = draft.part(entry.compartment ?? MAIN)
    judgeUnder(document, versionOf(entry.schema))
    admitEntry(document, entry)
  }
  for (const document of [draft, ...draft.written]) judgeUnder(document, collection)
  const others = draft.written.filter((document) => document !== draft).map((document) => document.finish())
  const compartments = new Map(
    others.map((state) => [state.compartment, state] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  return {
    state: { ...draft.finish(), compartments },
    lines: draft.lines,
    conflicts: draft.changedConflicts,
    events: draft.events,
  }
}
