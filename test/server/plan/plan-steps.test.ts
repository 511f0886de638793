// W6: a large change is planned in steps, between which others may have their turn, and comes to what it would at once.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { defaultAutomergeLimits as limits } from '../../../server/gate/automerge-limits.ts'
import { tryChanges } from '../../../server/plan/change-trial.ts'
import type { PlanContext } from '../../../server/plan/plan-record.ts'
import { planRecord, planSteps } from '../../../server/plan/plan-record.ts'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import type { Doc } from '../../support/record-bench.ts'
import { originOf, RecordBench } from '../../support/record-bench.ts'

type Raw = Extract<RecordCommand, { type: 'changes' }>

const context: PlanContext = {
  at: '2026-01-01T00:05:00.000Z',
  limits,
  authorizer: loudAuthorizer,
  storageId: '',
}

const FIELDS = {
  name: s.string(),
  grade: s.string().critical(),
  tags: s.set(s.string()),
  lines: s.list(s.number()),
  members: s.map(s.number()),
}

/** A record on which somebody has written, and a change that was made beside that. */
function written(change: (doc: Doc) => Doc): { readonly bench: RecordBench; readonly command: Raw } {
  const bench = new RecordBench(FIELDS)
  bench.set('ann', 'name', 'first')
  const replica = change(bench.replica('a'))
  bench.set('bob', 'grade', 'beside it')
  bench.write('bob', [{ type: 'add', field: 'tags', items: ['beside it'] }])
  const bytes = Automerge.getLastLocalChange(replica) ?? expect.fail('nothing was changed')
  return {
    bench,
    command: { type: 'changes', changes: [bytes], mayCreate: false, origin: originOf('mal') },
  }
}

const stored = ({ journal }: RecordBench): readonly Uint8Array[] =>
  journal.filter(({ hash }) => hash !== null).map(({ bytes }) => bytes)

/** As a room submits it after a trial in a thread, from which it comes as a copy. */
function tried(bench: RecordBench, command: Raw): Raw {
  const { changes } = command
  const trial = { kind: 'changes', snapshot: null, stored: stored(bench), changes, limits } as const
  return { ...command, decoded: structuredClone(tryChanges(trial).decoded) }
}

function stepsOf(bench: RecordBench, commands: readonly RecordCommand[]): number {
  const steps = planSteps(bench.state, commands, context)
  let count = 1
  while (steps.next().done !== true) count += 1
  return count
}

describe('planning in steps', () => {
  it('W6: a change of thousands of operations takes several steps, a small one takes one', () => {
    const large = written((doc) =>
      Automerge.change(doc, (root) => {
        root.lines = Array.from({ length: 5_000 }, (_, index) => index)
      }),
    )
    expect(stepsOf(large.bench, [tried(large.bench, large.command)])).toBeGreaterThan(6)
    const small = written((doc) =>
      Automerge.change(doc, (root) => {
        root.grade = 'a'
      }),
    )
    expect(stepsOf(small.bench, [small.command])).toBe(1)
  })

  it('W6: so does a semantic write of as many members', () => {
    const { bench } = written((doc) => Automerge.change(doc, (root) => void delete root.name))
    const write = (items: readonly string[]): RecordCommand => ({
      type: 'write',
      intent: 'update',
      ops: [{ type: 'add', field: 'tags', items }],
      saw: null,
      strict: false,
      origin: originOf('ann'),
      keep: null,
    })
    const many = Array.from({ length: 3_000 }, (_, index) => `item ${index}`)
    expect(stepsOf(bench, [write(many)])).toBeGreaterThan(6)
    expect(stepsOf(bench, [write(['one'])])).toBe(1)
  })

  it('W2: what was decoded and planned in steps is what comes of it at once', () => {
    const values = fc.record({
      length: fc.integer({ min: 150, max: 400 }),
      field: fc.constantFrom('lines', 'tags', 'members', 'grade', 'unknown'),
    })
    fc.assert(
      fc.property(values, ({ length, field }) => {
        const { bench, command } = written((doc) =>
          Automerge.change(doc, (root) => {
            root[field] = field === 'grade' ? 'x'.repeat(length) : contents(field, length)
            root.name = new Automerge.ImmutableString('mine')
          }),
        )
        const once = planRecord(bench.state, [command], context)
        const again = planRecord(bench.state, [tried(bench, command)], context)
        expect(again.plan).toEqual(once.plan)
        expect(again.outcomes).toEqual(once.outcomes)
      }),
      { numRuns: 25 },
    )
  })
})

function contents(field: string, length: number): unknown {
  const numbers = Array.from({ length }, (_, index) => index)
  if (field === 'tags') return Object.fromEntries(numbers.map((index) => [`k${index}`, true]))
  if (field === 'members') return Object.fromEntries(numbers.map((index) => [`k${index}`, index]))
  return numbers
}
