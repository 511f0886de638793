// C1 and S5: a history in blocks of bytes says the same as clocks that are whole, however long it is and however often
// it was packed, on histories that branch and join at random.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'
import type { ChangeNode } from '../../../shared/causality/change-node.ts'

interface Step {
  readonly actor: number
  /** How far before it lies what it builds on, besides its actor's last one. */
  readonly deps: readonly number[]
  readonly isPacked: boolean
}

const steps = (lengths: { readonly minLength?: number; readonly maxLength: number }, packedOneIn: number) =>
  fc.array(
    fc.record({
      actor: fc.nat(5),
      deps: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
      isPacked: fc.nat(packedOneIn - 1).map((number) => number === 0),
    }),
    { size: 'max', ...lengths },
  )

/** Many begin alike: whoever makes changes can choose how their hashes begin. */
const hashOf = (index: number): string =>
  (Math.imul(index, 2_654_435_761) & 0xff).toString(16).padStart(8, '0') +
  index.toString(16).padStart(56, '0')
const actorOf = (actor: number): string => `a${actor}`.repeat(16)

function nodeAt(graph: CausalGraph, index: number, { actor, deps }: Step): ChangeNode {
  const name = actorOf(actor)
  const own = graph.hashOf(name, graph.lastSeq(name))
  const others = deps.filter((back) => back <= index).map((back) => hashOf(index - back))
  return {
    hash: hashOf(index),
    actor: name,
    seq: graph.lastSeq(name) + 1,
    startOp: index * 3 + 1,
    opCount: 1 + (index % 3),
    deps: [...new Set([...others, ...(own === undefined ? [] : [own])])],
    time: 1_000 - index,
  }
}

/** The clocks of all changes, each whole, and the times that follow. */
function modelOf(nodes: readonly ChangeNode[]) {
  const clocks = new Map<string, ReadonlyMap<string, number>>()
  const times = new Map<string, number>()
  for (const { hash, actor, seq, deps, time } of nodes) {
    const clock = new Map<string, number>()
    for (const dep of deps)
      for (const [other, known] of clocks.get(dep) ?? [])
        clock.set(other, Math.max(known, clock.get(other) ?? 0))
    clocks.set(hash, clock.set(actor, seq))
    times.set(hash, Math.max(time, ...deps.map((dep) => times.get(dep) ?? 0)))
  }
  return { clocks, times }
}

function expectSame(graph: CausalGraph, nodes: readonly ChangeNode[], looked: readonly number[]): void {
  const { clocks, times } = modelOf(nodes)
  const told = nodes.map((node) => ({ ...node, time: times.get(node.hash) }))
  expect(graph.size).toBe(nodes.length)
  const plain = ({ hash, actor, seq, startOp, opCount, deps, time }: ChangeNode): ChangeNode => ({
    hash,
    actor,
    seq,
    startOp,
    opCount,
    deps,
    time,
  })
  expect([...graph.changes()].map(plain)).toEqual(told)
  for (const number of looked) {
    const node = nodes[number % nodes.length]
    if (node === undefined) continue
    const { hash, actor, seq, startOp, opCount } = node
    const clock = clocks.get(hash)
    expect(graph.has(hash)).toBe(true)
    expect(graph.clockAt([hash])).toEqual(clock)
    expect(graph.hashOf(actor, seq)).toBe(hash)
    expect(graph.changeWithOp(startOp + opCount - 1, actor)?.hash).toBe(hash)
    expect(graph.maxOp(hash)).toBe(startOp + opCount - 1)
    for (let other = 0; other < 6; other++) {
      const known = clock?.get(actorOf(other)) ?? 0
      expect(graph.sees(hash, actorOf(other), known)).toBe(true)
      expect(graph.sees(hash, actorOf(other), known + 1)).toBe(false)
    }
  }
  expect(graph.has(hashOf(nodes.length))).toBe(false)
  expect(graph.has('no hash')).toBe(false)
  expect(graph.node(hashOf(nodes.length))).toBeUndefined()
  expect(() => graph.sees(hashOf(nodes.length), actorOf(0), 1)).toThrow(RangeError)
  expect(() => graph.clockAt([hashOf(nodes.length)])).toThrow(RangeError)
  for (let actor = 0; actor < 6; actor++) {
    const count = nodes.filter((node) => node.actor === actorOf(actor)).length
    expect(graph.lastSeq(actorOf(actor))).toBe(count)
    expect(graph.hashOf(actorOf(actor), count + 1)).toBeUndefined()
    expect(graph.hashOf(actorOf(actor), 0)).toBeUndefined()
  }
}

/** As a planner does, whose forks are carried on, by a server that takes snapshots and is started anew from them. */
function grown(all: readonly Step[]): { graph: CausalGraph; nodes: readonly ChangeNode[] } {
  let graph = new CausalGraph()
  const nodes: ChangeNode[] = []
  for (const [index, step] of all.entries()) {
    const abandoned = graph.fork()
    abandoned.add({ ...nodeAt(abandoned, index, step), hash: 'f'.repeat(64) })
    const fork = graph.fork()
    const node = nodeAt(fork, index, step)
    nodes.push(node)
    fork.add(node)
    graph = fork
    if (!step.isPacked) continue
    const packed = graph.packed()
    if (index % 2 === 0) graph = new CausalGraph(packed)
  }
  return { graph, nodes }
}

const looks = fc.array(fc.nat(), { minLength: 50, maxLength: 50 })

describe('ChangeHistory', () => {
  it('C1: whatever was packed when, everything sees what clocks that are whole say', () => {
    fc.assert(
      fc.property(steps({ maxLength: 300 }, 20), looks, (all, looked) => {
        const { graph, nodes } = grown(all)
        expectSame(graph, nodes, looked)
        expectSame(new CausalGraph(graph.packed()), nodes, looked)
        expectSame(graph, nodes, looked)
      }),
      { numRuns: 100 },
    )
  })

  it('S5: a history of several blocks is there again, and full blocks are not packed anew', () => {
    fc.assert(
      fc.property(steps({ minLength: 300, maxLength: 300 }, 200), looks, (some, looked) => {
        const all = Array.from({ length: 18 }, () => some).flat()
        const { graph, nodes } = grown(all)
        const packed = graph.packed()
        expect(packed.blocks).toHaveLength(3)
        expectSame(new CausalGraph(packed), nodes, looked)
        const more = graph.fork()
        more.add(nodeAt(more, all.length, { actor: 0, deps: [], isPacked: false }))
        expect(more.packed().blocks.slice(0, 2)).toEqual(packed.blocks.slice(0, 2))
        expect(more.packed().blocks[0]).toBe(packed.blocks[0])
        expect(new CausalGraph(more.packed()).size).toBe(all.length + 1)
      }),
      { numRuns: 5 },
    )
  })

  it('S5: what nobody has asked for is neither read nor copied', () => {
    const { graph } = grown(Array.from({ length: 5_000 }, () => ({ actor: 0, deps: [], isPacked: false })))
    const { actors, changes } = graph.packed()
    // Bytes that nobody could read.
    const asleep = new CausalGraph({ actors, changes, blocks: [0, 1, 2].map(() => new Uint8Array(1)) })
    expect([asleep.size, asleep.bytes]).toEqual([5_000, 0])
    expect(asleep.lastSeq(actorOf(0))).toBe(5_000)
    expect(asleep.packed()).toEqual({ actors, changes, blocks: [0, 1, 2].map(() => new Uint8Array(1)) })
  })

  it('reads its bytes wherever they lie', () => {
    const { graph, nodes } = grown([0, 1, 0, 2].map((actor) => ({ actor, deps: [1], isPacked: false })))
    const { blocks, ...packed } = graph.packed()
    for (let shift = 0; shift < 9; shift++) {
      const shifted = blocks.map((bytes) => {
        // As snapshots give them, of which a `slice` would be no copy.
        const around = Buffer.alloc(bytes.byteLength + shift)
        around.set(bytes, shift)
        return around.subarray(shift)
      })
      expectSame(new CausalGraph({ ...packed, blocks: shifted }), nodes, [0, 1, 2, 3])
    }
  })

  it('does not pack what is no hash', () => {
    const graph = new CausalGraph()
    graph.add({ hash: 'change', actor: 'a', seq: 1, startOp: 1, opCount: 1, deps: [], time: 0 })
    expect(() => graph.packed()).toThrow(RangeError)
  })
})
