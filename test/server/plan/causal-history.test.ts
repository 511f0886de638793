// C1–C4 against an oracle: random histories of several authors, raw and semantic, with partitions. The oracle
// looks at ancestry by brute force and knows nothing of clocks, frontiers or the planner.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { viewOf } from '../../../server/plan/view-of.ts'
import { decodeSnapshot, encodeSnapshot } from '../../../server/plan/record-snapshot.ts'
import type { RecordState } from '../../../server/plan/record-state.ts'
import { emptyRecordState } from '../../../server/plan/record-state.ts'
import { standingSides } from '../../../shared/conflicts/conflict.ts'
import type { Doc } from '../../support/record-bench.ts'
import { RecordBench, str } from '../../support/record-bench.ts'

type Step =
  | { readonly type: 'edit'; readonly author: number; readonly value: number }
  | { readonly type: 'count'; readonly author: number; readonly amount: number }
  | { readonly type: 'push' | 'pull'; readonly author: number }
  | { readonly type: 'rest'; readonly author: number; readonly value: number }

const AUTHORS = 3
const author = fc.nat({ max: AUTHORS - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('edit' as const), author, value: fc.nat({ max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('count' as const),
      author,
      amount: fc.integer({ min: -5, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('push' as const, 'pull' as const), author }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('rest' as const), author, value: fc.nat({ max: 3 }) }),
  },
)

interface Run {
  readonly record: RecordBench
  readonly replicas: Doc[]
}

function play(steps: readonly Step[]): Run {
  const record = new RecordBench({ dose: s.number().critical(), title: s.string(), stock: s.counter() })
  record.write('admin', [
    { type: 'set', field: 'dose', value: 9 },
    { type: 'set', field: 'title', value: 'start' },
  ])
  const replicas = Array.from({ length: AUTHORS }, (_, index) => record.replica(String(index + 1)))
  const restSaw = Array.from({ length: AUTHORS }, () => record.heads)
  for (const one of steps) {
    const replica = replicas[one.author] ?? expect.fail()
    if (one.type === 'edit')
      replicas[one.author] = Automerge.change(replica, (root) => {
        root.dose = one.value
        root.title = str(`t${one.value}`)
      })
    if (one.type === 'count')
      replicas[one.author] = Automerge.change(replica, (root) =>
        (root.stock as Automerge.Counter).increment(one.amount),
      )
    if (one.type === 'push') record.push(`author-${one.author}`, replica)
    if (one.type === 'pull') {
      replicas[one.author] = Automerge.merge(replica, record.state.doc)
      restSaw[one.author] = record.heads
    }
    if (one.type === 'rest') record.set(`rest-${one.author}`, 'dose', one.value, restSaw[one.author] ?? null)
  }
  for (const [index, replica] of replicas.entries()) record.push(`author-${index}`, replica)
  return { record, replicas: replicas.map((replica) => Automerge.merge(replica, record.state.doc)) }
}

/** Ancestors of every change, by walking the dependencies of the document itself. */
function ancestry(doc: Doc): Map<string, Set<string>> {
  const ancestors = new Map<string, Set<string>>()
  for (const bytes of Automerge.getAllChanges(doc)) {
    const { hash, deps } = Automerge.decodeChange(bytes)
    const seen = new Set<string>()
    for (const dep of deps) {
      seen.add(dep)
      for (const older of ancestors.get(dep) ?? []) seen.add(older)
    }
    ancestors.set(hash, seen)
  }
  return ancestors
}

const fingerprint = (state: RecordState): unknown => ({
  view: viewOf(state),
  conflicts: [...state.conflicts],
  frontiers: [...state.frontiers],
})

describe('histories of several authors', () => {
  it('C1: a conflict is open if and only if a write met a different one in force that its author had not seen', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const { record } = play(steps)
        const ancestors = ancestry(record.state.doc)
        const writes = record.lines.filter(
          ({ field, outcome }) => field === 'dose' && outcome !== 'superseded',
        )
        const saw = (later: string, earlier: string): boolean => ancestors.get(later)?.has(earlier) === true
        const competing = writes.some((b, at) =>
          writes.slice(0, at).some(
            (a, index) =>
              a.newValue !== b.newValue &&
              !saw(b.changeHash, a.changeHash) &&
              // A value that had been replaced before the other arrived competes through its successor.
              !writes.slice(index + 1, at).some((c) => saw(c.changeHash, a.changeHash)),
          ),
        )
        expect(Object.hasOwn(record.view.disputed, 'dose')).toBe(competing)
      }),
      { numRuns: 100 },
    )
  })

  it('C4: REST, the server document and every replica show the same values', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const { record, replicas } = play(steps)
        for (const replica of replicas) {
          expect(Automerge.getHeads(replica)).toEqual(record.heads)
          expect(replica.dose).toBe(record.view.fields.dose)
          expect(String(replica.title)).toBe(record.view.fields.title)
        }
        const conflict = record.conflict('dose')
        if (record.view.disputed.dose !== undefined) expect(record.view.fields.dose).toBe(conflict?.inForce)
        if (conflict !== undefined)
          expect(new Set(standingSides(conflict).map(({ id }) => id)).size).toBe(
            standingSides(conflict).length,
          )
      }),
      { numRuns: 40 },
    )
  })

  it('C3: replaying the journal, from the start or from a snapshot, yields the same state', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const { record } = play(steps)
        expect(fingerprint(record.replay())).toEqual(fingerprint(record.state))
        const { key, version } = record.state
        const restored = decodeSnapshot(
          emptyRecordState(key, record.collection),
          version,
          encodeSnapshot(record.state),
        )
        expect(fingerprint(restored)).toEqual(fingerprint(record.state))
        expect([...restored.graph.changes()]).toEqual([...record.state.graph.changes()])
      }),
      { numRuns: 40 },
    )
  })

  it('counters: every increment counts exactly once, in any order of arrival', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const { record } = play(steps)
        const total = steps.reduce((sum, one) => (one.type === 'count' ? sum + one.amount : sum), 0)
        expect(record.view.fields.stock).toBe(total)
      }),
      { numRuns: 40 },
    )
  })
})
