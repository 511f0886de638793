/**
 * A record's state as bytes (S5): the Automerge document beside what the planner derives from it, so that a
 * cold open need not decode the whole history.
 */
import { Encoder } from 'cbor-x'
import { z } from 'zod'
import type { ChangeNode } from '../../shared/causality/causal-graph.ts'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { schemaDigest } from './journal-chain.ts'
import type { OutboxEvent } from './plan.ts'
import { RecordDocument } from './record-document.ts'
import type { FrontierWrite, RecordState, SeenWrite } from './record-state.ts'

const FORMAT = 2
const cbor = new Encoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

/** Snapshots are the server's own bytes, so their outline is checked and their parts are believed. */
const outline = z.object({
  format: z.literal(FORMAT),
  schema: z.string().nullable(),
  doc: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  actors: z.array(z.string()),
  /** Flat rows: hash, actor index, seq, startOp, opCount, time, number of deps, then indices of the deps. */
  nodes: z.array(z.union([z.string(), z.number()])),
  objects: z.array(z.tuple([z.string(), z.string()])),
  frontiers: z.array(z.tuple([z.string(), z.custom<readonly FrontierWrite[]>(Array.isArray)])),
  conflicts: z.array(z.tuple([z.string(), z.custom<Conflict>()])),
  entered: z.array(z.tuple([z.string(), z.custom<readonly SeenWrite[]>(Array.isArray)])),
  heldEvents: z.array(z.custom<OutboxEvent>()),
})

export function encodeSnapshot(state: RecordState): Uint8Array {
  return cbor.encode({
    format: FORMAT,
    schema: schemaDigest(state.collection),
    doc: state.doc.save(),
    ...packGraph(state.graph),
    objects: [...state.objects],
    frontiers: [...state.frontiers],
    conflicts: [...state.conflicts],
    entered: [...state.entered],
    heldEvents: [...state.heldEvents],
  } satisfies z.input<typeof outline>)
}

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
    doc: RecordDocument.load(snapshot.doc),
    graph: unpackGraph(snapshot.actors, snapshot.nodes),
    objects: new Map(snapshot.objects),
    frontiers: new Map(snapshot.frontiers),
    conflicts: new Map(snapshot.conflicts),
    entered: new Map(snapshot.entered),
    heldEvents: snapshot.heldEvents,
  }
}

/** Whether the tail has grown so long that a new snapshot pays: rewriting stays amortised constant. */
export function wantsSnapshot(state: RecordState): boolean {
  const { version, bytes, tailBytes } = state.snapshot
  return state.version - version >= TAIL_ENTRIES_MIN && tailBytes >= bytes / 2
}

const TAIL_ENTRIES_MIN = 64

function packGraph(graph: CausalGraph): { actors: string[]; nodes: (string | number)[] } {
  const actors = new Map<string, number>()
  const indices = new Map<string, number>()
  const nodes: (string | number)[] = []
  for (const { hash, actor, seq, startOp, opCount, time, deps } of graph.changes()) {
    const actorIndex = actors.get(actor) ?? actors.size
    actors.set(actor, actorIndex)
    nodes.push(
      hash,
      actorIndex,
      seq,
      startOp,
      opCount,
      time,
      deps.length,
      ...deps.map((dep) => indices.get(dep) ?? 0),
    )
    indices.set(hash, indices.size)
  }
  return { actors: [...actors.keys()], nodes }
}

function unpackGraph(actors: readonly string[], rows: readonly (string | number)[]): CausalGraph {
  const graph = new CausalGraph()
  const hashes: string[] = []
  let at = 0
  const next = (): number => Number(rows[at++])
  while (at < rows.length) {
    const hash = String(rows[at++])
    const actor = actors[next()] ?? ''
    const node = { hash, actor, seq: next(), startOp: next(), opCount: next(), time: next() }
    const deps: string[] = []
    for (let left = next(); left > 0; left--) deps.push(hashes[next()] ?? '')
    graph.add({ ...node, deps } satisfies ChangeNode)
    hashes.push(hash)
  }
  return graph
}
