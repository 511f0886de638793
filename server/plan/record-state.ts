/**
 * Everything the planner knows about one record: a value that is never changed in place. It is made by
 * folding the journal, or from a snapshot and the journal's tail.
 */
import * as Automerge from '@automerge/automerge'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import type { GenesisChange } from '../../shared/record/genesis.ts'
import { genesisOf } from '../../shared/record/genesis.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { RecordDoc } from './automerge-values.ts'

/** A write in force that no later write in force has seen. */
export interface FrontierWrite {
  readonly actor: string
  readonly seq: number
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
  readonly collection: CollectionSpec
  /** Journal entries folded into this state. */
  readonly version: number
  /** Its genesis changes, as today's schema has them (R2). */
  readonly genesis: readonly GenesisChange[]
  /** Where the next load starts, and how much the journal has grown since. */
  readonly snapshot: SnapshotMark
  readonly doc: RecordDoc
  readonly graph: CausalGraph
  /** Nested Automerge object → the field it belongs to. */
  readonly objects: ReadonlyMap<string, string>
  /** Field → its newest writes in force, in commit order; more than one when they did not see each other. */
  readonly frontiers: ReadonlyMap<string, readonly FrontierWrite[]>
  /** Field → its latest conflict, open or resolved. */
  readonly conflicts: ReadonlyMap<string, Conflict>
  /** Author id → subject (R5). */
  readonly bindings: ReadonlyMap<string, string>
  readonly createdAt: string | null
}

export function emptyRecordState(key: RecordKey, collection: CollectionSpec): RecordState {
  return {
    key,
    documentId: documentIdOf(key),
    collection,
    version: 0,
    genesis: genesisOf(key, collection),
    snapshot: { version: 0, bytes: 0, tailBytes: 0 },
    doc: Automerge.init<Record<string, unknown>>(),
    graph: new CausalGraph(),
    objects: new Map(),
    frontiers: new Map(),
    conflicts: new Map(),
    bindings: new Map(),
    createdAt: null,
  }
}
