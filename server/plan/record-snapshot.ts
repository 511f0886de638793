/**
 * A record's state as bytes (S5): the Automerge document beside what the planner derives from it, so that a
 * cold open need not decode the whole history, and the newest part of that history, so that a conflict soon after it need not,
 * either. The blocks of its ancestry come first, one behind the other, where they can be read as they lie; then everything
 * else as CBOR, and how long that is in four bytes.
 */
import { Encoder } from 'cbor-x'
import { z } from 'zod'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { PackedHistory } from '../../shared/causality/change-blocks.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { schemaDigest } from './journal-chain.ts'
import { LayeredMap } from './layered-map.ts'
import type { PackedObject, PackedOverwritten } from './pack-live-values.ts'
import { packLive, packOverwritten, unpackLive, unpackOverwritten } from './pack-live-values.ts'
import type { OutboxEvent } from './plan.ts'
import { RecordDocument } from './record-document.ts'
import type { FrontierWrite, RecordState, SeenWrite } from './record-state.ts'

const FORMAT = 7
const cbor = new Encoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

/** Snapshots are the server's own bytes, so their outline is checked and their parts are believed. */
const outline = z.object({
  format: z.literal(FORMAT),
  schema: z.string().nullable(),
  doc: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  heads: z.array(z.string()),
  live: z.array(z.custom<PackedObject>(Array.isArray)),
  newest: z.object({
    changes: z.array(z.tuple([z.string(), z.custom<Uint8Array>((value) => value instanceof Uint8Array)])),
    overwritten: z.array(z.custom<PackedOverwritten>(Array.isArray)),
  }),
  graph: z.object({
    actors: z.custom<PackedHistory['actors']>(Array.isArray),
    changes: z.number(),
    /** Length of each. */
    blocks: z.array(z.number()),
  }),
  objects: z.array(z.tuple([z.string(), z.string()])),
  frontiers: z.array(z.tuple([z.string(), z.custom<readonly FrontierWrite[]>(Array.isArray)])),
  conflicts: z.array(z.tuple([z.string(), z.custom<Conflict>()])),
  entered: z.array(z.tuple([z.string(), z.custom<readonly SeenWrite[]>(Array.isArray)])),
  heldEvents: z.array(z.custom<OutboxEvent>()),
})

type Outline = z.infer<typeof outline>

/** What a snapshot holds beside the Automerge document. */
export interface SnapshotFrame extends Omit<Outline, 'doc' | 'graph'> {
  readonly graph: PackedHistory
}

const LENGTH_BYTES = 4

/** Of a state that nobody changes meanwhile; what it gives stays as it is. */
export function frameOf(state: RecordState): SnapshotFrame {
  const { changes, overwritten } = state.doc.newestHistory
  return {
    format: FORMAT,
    schema: schemaDigest(state.collection),
    heads: [...state.doc.heads],
    live: packLive(state.doc.live),
    newest: {
      changes: changes.map(([hash, bytes]) => [hash, bytes]),
      overwritten: overwritten.map(packOverwritten),
    },
    graph: state.graph.packed(),
    objects: [...state.objects],
    frontiers: [...state.frontiers],
    conflicts: [...state.conflicts],
    entered: [...state.entered],
    heldEvents: [...state.heldEvents],
  }
}

/** @param doc the Automerge document, saved. */
export function encodeSnapshot(frame: SnapshotFrame, doc: Uint8Array): Uint8Array {
  const { actors, changes, blocks } = frame.graph
  const graph = { actors, changes, blocks: blocks.map(({ byteLength }) => byteLength) }
  const rest = cbor.encode({ doc, ...frame, graph } satisfies Outline)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(rest.byteLength)
  return Buffer.concat([...blocks, rest, length])
}

const outlineOf = (bytes: Uint8Array): Outline => {
  const end = bytes.byteLength - LENGTH_BYTES
  const length = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true)
  return outline.parse(cbor.decode(bytes.subarray(end - length, end)))
}

function historyIn(bytes: Uint8Array, { blocks, ...graph }: Outline['graph']): PackedHistory {
  let end = 0
  const taken = blocks.map((length) => {
    end += length
    return bytes.subarray(end - length, end)
  })
  return { ...graph, blocks: taken }
}

/** The Automerge document in a snapshot, saved. */
export const documentIn = (bytes: Uint8Array): Uint8Array => outlineOf(bytes).doc

/** @returns the given state with everything that the snapshot holds put in place. */
export function decodeSnapshot(state: RecordState, version: number, bytes: Uint8Array): RecordState {
  const snapshot = outlineOf(bytes)
  const { changes, overwritten } = snapshot.newest
  const newest = { changes, overwritten: overwritten.map(unpackOverwritten) }
  return {
    ...state,
    schema: snapshot.schema,
    version,
    snapshot: { version, bytes: bytes.byteLength, tailBytes: 0 },
    doc: RecordDocument.asSaved(snapshot.doc, unpackLive(snapshot.live), snapshot.heads, newest),
    graph: new CausalGraph(historyIn(bytes, snapshot.graph)),
    objects: LayeredMap.of(snapshot.objects),
    frontiers: LayeredMap.of(snapshot.frontiers),
    conflicts: LayeredMap.of(snapshot.conflicts),
    entered: LayeredMap.of(snapshot.entered),
    heldEvents: snapshot.heldEvents,
  }
}
