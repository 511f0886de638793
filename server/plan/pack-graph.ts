/** A record's ancestry as bytes, for a snapshot. */
import { Encoder } from 'cbor-x'
import type { ChangeNode } from '../../shared/causality/causal-graph.ts'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'

const cbor = new Encoder({ tagUint8Array: false, useRecords: false })

interface PackedGraph {
  readonly actors: readonly string[]
  /** One after the other. */
  readonly hashes: Uint8Array
  /** Flat rows: actor index, seq, startOp, opCount, time, number of deps, then indices of the deps. */
  readonly nodes: readonly number[]
}

const HASH_BYTES = 32

export function packGraph(graph: CausalGraph): Uint8Array {
  const actors = new Map<string, number>()
  const indices = new Map<string, number>()
  const nodes: number[] = []
  for (const { hash, actor, seq, startOp, opCount, time, deps } of graph.changes()) {
    const actorIndex = actors.get(actor) ?? actors.size
    actors.set(actor, actorIndex)
    nodes.push(actorIndex, seq, startOp, opCount, time, deps.length)
    for (const dep of deps) nodes.push(indices.get(dep) ?? 0)
    indices.set(hash, indices.size)
  }
  const hashes = new Uint8Array(Buffer.from([...indices.keys()].join(''), 'hex'))
  return cbor.encode({ actors: [...actors.keys()], hashes, nodes } satisfies PackedGraph)
}

export function unpackGraph(bytes: Uint8Array): CausalGraph {
  const { actors, hashes, nodes }: PackedGraph = cbor.decode(bytes)
  const hex = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString('hex')
  const hashOf = (index: number): string => hex.slice(index * 2 * HASH_BYTES, (index + 1) * 2 * HASH_BYTES)
  const graph = new CausalGraph()
  let at = 0
  const next = (): number => nodes[at++] ?? 0
  for (let index = 0; at < nodes.length; index++) {
    const actor = actors[next()] ?? ''
    const node = { actor, seq: next(), startOp: next(), opCount: next(), time: next() }
    const deps: string[] = []
    for (let left = next(); left > 0; left--) deps.push(hashOf(next()))
    graph.add({ hash: hashOf(index), ...node, deps } satisfies ChangeNode)
  }
  return graph
}
