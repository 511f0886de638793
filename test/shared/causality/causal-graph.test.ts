// C1: ancestry by vector clocks equals ancestry by walking dependencies.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'
import type { ChangeNode } from '../../../shared/causality/change-node.ts'

/** Random histories: each change is by one of four actors and depends on heads of what its actor has seen. */
const history = fc.array(
  fc.record({ actor: fc.nat({ max: 3 }), merge: fc.option(fc.nat(), { nil: null }) }),
  { minLength: 1, maxLength: 40 },
)

function build(steps: readonly { actor: number; merge: number | null }[]): {
  nodes: ChangeNode[]
  ancestors: Map<string, Set<string>>
} {
  const nodes: ChangeNode[] = []
  const ancestors = new Map<string, Set<string>>()
  const newest = new Map<number, string>()
  const seqs = new Map<number, number>()
  for (const [index, { actor, merge }] of steps.entries()) {
    const own = newest.get(actor)
    const other = merge === null || nodes.length === 0 ? undefined : nodes[merge % nodes.length]?.hash
    const wanted = [...new Set([own, other].filter((hash) => hash !== undefined))]
    const deps = wanted.filter((hash) => !wanted.some((more) => ancestors.get(more)?.has(hash) === true))
    const hash = `change-${index}`
    const seen = new Set(deps.flatMap((dep) => [dep, ...(ancestors.get(dep) ?? [])]))
    const seq = (seqs.get(actor) ?? 0) + 1
    nodes.push({ hash, actor: `actor-${actor}`, seq, startOp: index * 10 + 1, opCount: 3, deps, time: 0 })
    ancestors.set(hash, seen)
    newest.set(actor, hash)
    seqs.set(actor, seq)
  }
  return { nodes, ancestors }
}

describe('CausalGraph', () => {
  it('what lies behind some heads and not behind others is told once, each after what it builds on', () => {
    const places = fc.array(fc.nat(), { maxLength: 3 })
    fc.assert(
      fc.property(history, places, places, (steps, ahead, behind) => {
        const { nodes, ancestors } = build(steps)
        const graph = new CausalGraph()
        for (const node of nodes) graph.add(node)
        const at = (numbers: readonly number[]): readonly string[] =>
          numbers.flatMap((number) => nodes[number % nodes.length]?.hash ?? [])
        const covered = (heads: readonly string[]): ReadonlySet<string> =>
          new Set(heads.flatMap((head) => [head, ...(ancestors.get(head) ?? [])]))
        const told = graph.since(at(ahead), graph.clockAt(at(behind))).map(({ hash }) => hash)
        const seen = new Set(covered(at(behind)))
        expect([...told].sort()).toEqual([...covered(at(ahead))].filter((hash) => !seen.has(hash)).sort())
        for (const hash of told) {
          for (const dep of graph.node(hash)?.deps ?? []) expect(seen).toContain(dep)
          seen.add(hash)
        }
      }),
    )
    expect(() => new CausalGraph().since(['unknown'], new Map())).toThrow(RangeError)
  })

  it('C1: a change sees another if and only if it descends from it', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { nodes, ancestors } = build(steps)
        const graph = new CausalGraph()
        for (const node of nodes) graph.add(node)
        for (const a of nodes)
          for (const b of nodes)
            expect(graph.sees(a.hash, b.actor, b.seq)).toBe(
              a === b || ancestors.get(a.hash)?.has(b.hash) === true,
            )
      }),
    )
  })

  it('C1: common heads are the maximal changes that both have seen', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), (steps, x, y) => {
        const { nodes, ancestors } = build(steps)
        const graph = new CausalGraph()
        for (const node of nodes) graph.add(node)
        const a = nodes[x % nodes.length]?.hash ?? ''
        const b = nodes[y % nodes.length]?.hash ?? ''
        const past = (hash: string): Set<string> => new Set([hash, ...(ancestors.get(hash) ?? [])])
        const both = [...past(a)].filter((hash) => past(b).has(hash))
        const maximal = both.filter((hash) => !both.some((other) => ancestors.get(other)?.has(hash) === true))
        expect(graph.commonHeads(a, b)).toEqual(maximal.sort())
      }),
    )
  })

  it('W2: a fork that is not carried on leaves the graph as it was, and one that is can be forked again', () => {
    fc.assert(
      fc.property(history, fc.nat(), (steps, cut) => {
        const { nodes } = build(steps)
        const whole = new CausalGraph()
        let stepwise = new CausalGraph()
        for (const [index, node] of nodes.entries()) {
          whole.add(node)
          const abandoned = stepwise.fork()
          if (index === cut % nodes.length) abandoned.add({ ...node, hash: 'never', deps: [] })
          stepwise = stepwise.fork()
          stepwise.add(node)
        }
        expect(stepwise.has('never')).toBe(false)
        expect([...stepwise.changes()]).toEqual([...whole.changes()])
        for (const { hash, actor, seq } of nodes) {
          expect(stepwise.hashOf(actor, seq)).toBe(hash)
          expect(stepwise.lastSeq(actor)).toBe(whole.lastSeq(actor))
        }
      }),
    )
  })

  it('finds the change that holds an operation', () => {
    const graph = new CausalGraph()
    for (const node of build([
      { actor: 0, merge: null },
      { actor: 1, merge: 0 },
      { actor: 0, merge: 1 },
    ]).nodes)
      graph.add(node)
    expect(graph.changeWithOp(23, 'actor-0')?.hash).toBe('change-2')
    expect(graph.changeWithOp(3, 'actor-0')?.hash).toBe('change-0')
    expect(graph.changeWithOp(4, 'actor-0')).toBeUndefined()
    expect(graph.changeWithOp(1, 'nobody')).toBeUndefined()
  })

  it('refuses a change whose past it does not know', () => {
    const graph = new CausalGraph()
    const node = { hash: 'a', actor: 'x', seq: 1, startOp: 1, opCount: 1, deps: ['missing'], time: 0 }
    expect(() => graph.add(node)).toThrow(RangeError)
    expect(() => graph.add({ ...node, deps: [], seq: 2 })).toThrow(RangeError)
  })
})
