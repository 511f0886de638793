/**
 * A record's state as bytes (S5): the Automerge document beside what the planner derives from it, so that a
 * cold open need not decode the whole history.
 */
import { Encoder } from 'cbor-x'
import { z } from 'zod'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { PackedHistory } from '../../shared/causality/change-blocks.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { schemaDigest } from './journal-chain.ts'
import type { PackedObject } from './pack-live-values.ts'
import { packLive, unpackLive } from './pack-live-values.ts'
import type { OutboxEvent } from './plan.ts'
import { RecordDocument } from './record-document.ts'
import type { FrontierWrite, RecordState, SeenWrite } from './record-state.ts'

const FORMAT = 6
const cbor = new Encoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

/** Snapshots are the server's own bytes, so their outline is checked and their parts are believed. */
const outline = z.object({
  format: z.literal(FORMAT),
  schema: z.string().nullable(),
  doc: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  heads: z.array(z.string()),
  live: z.array(z.custom<PackedObject>(Array.isArray)),
  /** See `PackedHistory`. */
  graph: z.object({
    actors: z.custom<PackedHistory['actors']>(Array.isArray),
    blocks: z.array(z.custom<Uint8Array>((value) => value instanceof Uint8Array)),
    changes: z.number(),
  }),
  objects: z.array(z.tuple([z.string(), z.string()])),
  frontiers: z.array(z.tuple([z.string(), z.custom<readonly FrontierWrite[]>(Array.isArray)])),
  conflicts: z.array(z.tuple([z.string(), z.custom<Conflict>()])),
  entered: z.array(z.tuple([z.string(), z.custom<readonly SeenWrite[]>(Array.isArray)])),
  heldEvents: z.array(z.custom<OutboxEvent>()),
})

/** What a snapshot holds beside the Automerge document. */
export type SnapshotFrame = Omit<z.input<typeof outline>, 'doc'>

/** Of a state that nobody changes meanwhile; what it gives stays as it is. */
export const frameOf = (state: RecordState): SnapshotFrame => {
  const { actors, blocks, changes } = state.graph.packed()
  return {
    format: FORMAT,
    schema: schemaDigest(state.collection),
    heads: [...state.doc.heads],
    live: packLive(state.doc.live),
    graph: { actors, blocks: [...blocks], changes },
    objects: [...state.objects],
    frontiers: [...state.frontiers],
    conflicts: [...state.conflicts],
    entered: [...state.entered],
    heldEvents: [...state.heldEvents],
  }
}

/** @param doc the Automerge document, saved. */
export const encodeSnapshot = (frame: SnapshotFrame, doc: Uint8Array): Uint8Array =>
  cbor.encode({ doc, ...frame } satisfies z.input<typeof outline>)

/** The Automerge document in a snapshot, saved. */
export const documentIn = (bytes: Uint8Array): Uint8Array => outline.parse(cbor.decode(bytes)).doc

/** @returns the given state with everything that the snapshot holds put in place. */
export function decodeSnapshot(state: RecordState, version: number, bytes: Uint8Array): RecordState {
  const snapshot = outline.parse(cbor.decode(bytes))
  return {
    ...state,
    schema: snapshot.schema,
    version,
    snapshot: { version, bytes: bytes.byteLength, tailBytes: 0 },
    doc: RecordDocument.asSaved(snapshot.doc, unpackLive(snapshot.live), snapshot.heads),
    graph: new CausalGraph(snapshot.graph),
    objects: new Map(snapshot.objects),
    frontiers: new Map(snapshot.frontiers),
    conflicts: new Map(snapshot.conflicts),
    entered: new Map(snapshot.entered),
    heldEvents: snapshot.heldEvents,
  }
}
