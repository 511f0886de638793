/**
 * Everything the planner knows about one record: a value that is never changed in place. It is made by
 * folding the journal, or from a snapshot and the journal's tail. Each of its compartments has a state of the same
 * form, with a document of its own; that of the main one holds the others.
 */
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import type { RankedWrite } from '../../shared/policies/ranked-write.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Erasure } from './erasure.ts'
import { epochOf, startOf } from './erasure.ts'
import { laneStart } from './journal-chain.ts'
import { LayeredMap } from './layered-map.ts'
import type { OutboxEvent } from './plan.ts'
import { laneOf } from './plan.ts'
import { RecordDocument } from './record-document.ts'
import { RecordGenesis } from './record-genesis.ts'

/** A change, as others have seen it or not. */
export interface SeenWrite {
  readonly actor: string
  readonly seq: number
}

/** A write that no later write to the same field or group has seen. */
export interface FrontierWrite extends SeenWrite, RankedWrite {
  readonly side: Side
}

export interface SnapshotMark {
  readonly version: number
  readonly bytes: number
  readonly tailBytes: number
}

export interface RecordState {
  readonly key: RecordKey
  /** Which of the record's documents it is. */
  readonly compartment: string
  /** The states of the other compartments that have come to be; only the main one's holds any. */
  readonly compartments: ReadonlyMap<string, RecordState>
  readonly documentId: string
  /** With which the present epoch of its lane began; null for the first one (E2). */
  readonly erasure: Erasure | null
  /** How often the record has been erased. */
  readonly epoch: number
  readonly collection: CollectionSpec
  /** Digest of the schema by which the newest of what follows was judged; null for the present one (S8). */
  readonly schema: string | null
  /** Journal entries folded into this state. */
  readonly version: number
  /** Of the newest of them (S7). */
  readonly chain: string
  /** Its genesis changes, as today's schema has them (R2). */
  readonly genesis: RecordGenesis
  /** Where the next load starts, and how much the journal has grown since. */
  readonly snapshot: SnapshotMark
  readonly doc: RecordDocument
  readonly graph: CausalGraph
  /** Nested Automerge object → the field it belongs to. */
  readonly objects: LayeredMap<string, string>
  /** Unit key → its newest writes, in commit order; more than one when they did not see each other. */
  readonly frontiers: LayeredMap<string, readonly FrontierWrite[]>
  /** Unit key → its latest conflict, open or resolved. */
  readonly conflicts: LayeredMap<string, Conflict>
  /** Field and state → the writes that have entered it and that no later one to enter it has seen. */
  readonly entered: LayeredMap<string, readonly SeenWrite[]>
  /** Events that wait until no field is disputed, oldest first. */
  readonly heldEvents: readonly OutboxEvent[]
  /** Author id → subject (R5). */
  readonly bindings: LayeredMap<string, string>
  readonly createdAt: string | null
}

/** Which of a record's documents a state is of. */
export interface DocumentName {
  /** With which the present epoch of its lane began. */
  readonly erasure?: Erasure | null
  readonly compartment?: string
  /** Of the record: a compartment may have come to be after its erasure. */
  readonly epoch?: number
  /** Of the newest entry of its lane, if there is one. */
  readonly chain?: string | null
}

export function emptyRecordState(
  key: RecordKey,
  collection: CollectionSpec,
  { erasure = null, compartment = MAIN, epoch = epochOf(erasure), chain = null }: DocumentName = {},
): RecordState {
  const version = startOf(erasure)
  return {
    key,
    compartment,
    compartments: new Map(),
    documentId: documentIdOf(key, epoch, compartment),
    erasure,
    epoch,
    collection,
    schema: null,
    version,
    chain: chain ?? laneStart(key, laneOf(compartment)),
    genesis: new RecordGenesis(key, collection, epoch, compartment),
    snapshot: { version, bytes: 0, tailBytes: 0 },
    doc: RecordDocument.empty(),
    graph: new CausalGraph(),
    objects: LayeredMap.of(),
    frontiers: LayeredMap.of(),
    conflicts: LayeredMap.of(),
    entered: LayeredMap.of(),
    heldEvents: [],
    bindings: LayeredMap.of(),
    createdAt: null,
  }
}

/** The record's documents, the main one first, the others by name. */
export const documentsOf = (state: RecordState): readonly RecordState[] => [
  state,
  ...state.compartments.values(),
]

/** One of them; undefined if it has not come to be. */
export const documentOf = (state: RecordState, compartment: string): RecordState | undefined =>
  compartment === state.compartment ? state : state.compartments.get(compartment)

/** Frees the documents of a state that is no longer used, but for those that another one shares with it. */
export function freeState(state: RecordState, kept: RecordState | null): void {
  const inUse = kept === null ? [] : documentsOf(kept)
  for (const { doc } of documentsOf(state)) if (!inUse.some((other) => other.doc.isOf(doc))) doc.free()
}

/** The record has been erased, and nothing has been written to it since. */
export const isErased = ({ erasure, version }: Pick<RecordState, 'erasure' | 'version'>): boolean =>
  erasure !== null && version === erasure.version
