// A record's ancestry in segments, as snapshots keep it (S5): on histories that branch and join at random.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PackedGraph } from '../../../server/plan/pack-graph.ts'
import { NOTHING_PACKED, packGraph, unpackGraph } from '../../../server/plan/pack-graph.ts'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'

interface Step {
  readonly actor: number
  /** Which of the changes before it builds on, besides its actor's last one. */
  readonly deps: readonly number[]
  readonly isPacked: boolean
}

const steps = fc.array(
  fc.record({
    actor: fc.nat(3),
    deps: fc.uniqueArray(fc.nat(199), { maxLength: 3 }),
    isPacked: fc.boolean(),
  }),
  { maxLength: 200 },
)

const hashOf = (index: number): string => index.toString(16).padStart(64, '0')
const actorOf = (actor: number): string => `a${actor}`.repeat(16)

function add(graph: CausalGraph, index: number, { actor, deps }: Step): void {
  const name = actorOf(actor)
  const own = graph.hashOf(name, graph.lastSeq(name))
  const others = deps.filter((dep) => dep < index).map(hashOf)
  graph.add({
    hash: hashOf(index),
    actor: name,
    seq: graph.lastSeq(name) + 1,
    startOp: index + 1,
    opCount: 1 + (index % 3),
    deps: [...new Set([...others, ...(own === undefined ? [] : [own])])],
    time: 1_000 - index,
  })
}

describe('packing', () => {
  it('S5: whatever was packed when, all of it is there again, and nothing is packed twice', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let graph = new CausalGraph()
        let packed: PackedGraph = NOTHING_PACKED
        for (const [index, step] of all.entries()) {
          // As a planner does, whose fork is carried on.
          const fork = graph.fork()
          add(fork, index, step)
          graph = fork
          if (!step.isPacked) continue
          const before = packed
          packed = packGraph(graph, before)
          const isJoined = packed.segments.length <= before.segments.length
          if (isJoined) expect([before.segments.length, packed.segments.length]).toEqual([64, 1])
          else expect(packed.segments.slice(0, -1)).toEqual(before.segments)
        }
        packed = packGraph(graph, packed)
        expect(packed.changes).toBe(all.length)
        expect(packGraph(graph, packed)).toBe(packed)
        expect([...unpackGraph(packed).changes()]).toEqual([...graph.changes()])
        expect([...unpackGraph(packGraph(graph)).changes()]).toEqual([...graph.changes()])
      }),
      { numRuns: 100 },
    )
  })

  it('S5: what has come to a graph that nobody has asked for is packed without it', () => {
    const first = new CausalGraph()
    for (const index of [0, 1, 2]) add(first, index, { actor: 0, deps: [], isPacked: false })
    const packed = packGraph(first)
    const asleep = new CausalGraph(() => {
      throw new Error('it was asked for')
    }, packed.changes)
    expect(asleep.size).toBe(3)
    expect(packGraph(asleep, packed)).toBe(packed)
    expect(asleep.inMemory).toBe(0)
  })
})
