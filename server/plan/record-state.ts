/**
 * Everything the planner knows about one record: a value that is never changed in place. It is made by
 * folding the journal, or from a snapshot and the journal's tail.
 */
import * as Automerge from '@automerge/automerge'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import type { RankedWrite } from '../../shared/policies/ranked-write.ts'
import type { GenesisChange } from '../../shared/record/genesis.ts'
import { genesisOf } from '../../shared/record/genesis.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { RecordDoc } from './automerge-values.ts'
import type { Erasure } from './erasure.ts'
import { epochOf, startOf } from './erasure.ts'
import { laneStart } from './journal-chain.ts'
import type { OutboxEvent } from './plan.ts'

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
  readonly documentId: string
  /** With which the present epoch began; null for the first one (E2). */
  readonly erasure: Erasure | null
  readonly collection: CollectionSpec
  /** Digest of the schema by which the newest of what follows was judged; null for the present one (S8). */
  readonly schema: string | null
  /** Journal entries folded into this state. */
  readonly version: number
  /** Of the newest of them (S7). */
  readonly chain: string
  /** Its genesis changes, as today's schema has them (R2). */
  readonly genesis: readonly GenesisChange[]
  /** Where the next load starts, and how much the journal has grown since. */
  readonly snapshot: SnapshotMark
  readonly doc: RecordDoc
  readonly graph: CausalGraph
  /** Nested Automerge object → the field it belongs to. */
  readonly objects: ReadonlyMap<string, string>
  /** Unit key → its newest writes, in commit order; more than one when they did not see each other. */
  readonly frontiers: ReadonlyMap<string, readonly FrontierWrite[]>
  /** Unit key → its latest conflict, open or resolved. */
  readonly conflicts: ReadonlyMap<string, Conflict>
  /** Field and state → the writes that have entered it and that no later one to enter it has seen. */
  readonly entered: ReadonlyMap<string, readonly SeenWrite[]>
  /** Events that wait until no field is disputed, oldest first. */
  readonly heldEvents: readonly OutboxEvent[]
  /** Author id → subject (R5). */
  readonly bindings: ReadonlyMap<string, string>
  readonly createdAt: string | null
}

export function emptyRecordState(
  key: RecordKey,
  collection: CollectionSpec,
  erasure: Erasure | null = null,
): RecordState {
  const epoch = epochOf(erasure)
  const version = startOf(erasure)
  return {
    key,
    documentId: documentIdOf(key, epoch),
    erasure,
    collection,
    schema: null,
    version,
    chain: laneStart(key, 'fields'),
    genesis: genesisOf(key, collection, epoch),
    snapshot: { version, bytes: 0, tailBytes: 0 },
    doc: Automerge.init<Record<string, unknown>>(),
    graph: new CausalGraph(),
    objects: new Map(),
    frontiers: new Map(),
    conflicts: new Map(),
    entered: new Map(),
    heldEvents: [],
    bindings: new Map(),
    createdAt: null,
  }
}

/** The record has been erased, and nothing has been written to it since. */
export const isErased = ({ erasure, version }: Pick<RecordState, 'erasure' | 'version'>): boolean =>
  erasure !== null && version === erasure.version
