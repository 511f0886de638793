/**
 * A record's ancestry as bytes, for snapshots: in segments, each of which holds the changes that had come since the one
 * before it, so that what was packed once is not packed again.
 */
import { Encoder } from 'cbor-x'
import type { ChangeNode } from '../../shared/causality/causal-graph.ts'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'

const cbor = new Encoder({ tagUint8Array: false, useRecords: false })

export interface PackedGraph {
  readonly segments: readonly Uint8Array[]
  /** In all of them. */
  readonly changes: number
}

export const NOTHING_PACKED: PackedGraph = { segments: [], changes: 0 }

/** More are joined into one: each names its actors anew. */
const SEGMENTS_MAX = 64

interface Segment {
  readonly actors: readonly string[]
  /** One after the other. */
  readonly hashes: Uint8Array
  /** Changes of earlier segments that changes of this one build on, likewise. */
  readonly outside: Uint8Array
  /**
   * Flat rows: actor index, seq, startOp, opCount, time, number of deps, then the deps: the index of a change of this
   * segment, or -1 less the index of one outside.
   */
  readonly nodes: readonly number[]
}

const HASH_BYTES = 32

/** The graph packed, of which `packed` is the beginning. */
export function packGraph(graph: CausalGraph, packed: PackedGraph = NOTHING_PACKED): PackedGraph {
  const { segments, changes } = packed
  if (changes === graph.size) return packed
  const kept = segments.length < SEGMENTS_MAX ? packed : NOTHING_PACKED
  const segment = packSegment(graph.changesAfter(kept.changes))
  return { segments: [...kept.segments, segment], changes: graph.size }
}

function packSegment(changes: Iterable<ChangeNode>): Uint8Array {
  const actors = new Map<string, number>()
  const indices = new Map<string, number>()
  const outside = new Map<string, number>()
  const nodes: number[] = []
  for (const { hash, actor, seq, startOp, opCount, time, deps } of changes) {
    nodes.push(indexOf(actors, actor), seq, startOp, opCount, time, deps.length)
    for (const dep of deps) nodes.push(indices.get(dep) ?? -1 - indexOf(outside, dep))
    indices.set(hash, indices.size)
  }
  const bytesOf = (hashes: ReadonlyMap<string, number>): Uint8Array =>
    new Uint8Array(Buffer.from([...hashes.keys()].join(''), 'hex'))
  return cbor.encode({
    actors: [...actors.keys()],
    hashes: bytesOf(indices),
    outside: bytesOf(outside),
    nodes,
  } satisfies Segment)
}

function indexOf(indices: Map<string, number>, name: string): number {
  const known = indices.get(name)
  if (known !== undefined) return known
  indices.set(name, indices.size)
  return indices.size - 1
}

export function unpackGraph({ segments }: PackedGraph): CausalGraph {
  const graph = new CausalGraph()
  for (const segment of segments) unpackSegment(segment, graph)
  return graph
}

function unpackSegment(bytes: Uint8Array, graph: CausalGraph): void {
  const { actors, hashes, outside, nodes }: Segment = cbor.decode(bytes)
  const hashOf = hashReader(hashes)
  const outsideOf = hashReader(outside)
  let at = 0
  const next = (): number => nodes[at++] ?? 0
  for (let index = 0; at < nodes.length; index++) {
    const actor = actors[next()] ?? ''
    const node = { actor, seq: next(), startOp: next(), opCount: next(), time: next() }
    const deps: string[] = []
    for (let left = next(); left > 0; left--) {
      const dep = next()
      deps.push(dep < 0 ? outsideOf(-1 - dep) : hashOf(dep))
    }
    graph.add({ hash: hashOf(index), ...node, deps } satisfies ChangeNode)
  }
}

function hashReader({ buffer, byteOffset, byteLength }: Uint8Array): (index: number) => string {
  const hex = Buffer.from(buffer, byteOffset, byteLength).toString('hex')
  return (index) => hex.slice(index * 2 * HASH_BYTES, (index + 1) * 2 * HASH_BYTES)
}
