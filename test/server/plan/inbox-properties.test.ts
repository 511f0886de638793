// C3, C7: whatever persons and writers do to a record, its journal alone gives the same inbox again.
import fc from 'fast-check'
import { s } from 'sluice'
import { expect, test } from 'vitest'
import { foldJournal } from '../../../server/plan/fold-journal.ts'
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { isOpen } from '../../../shared/conflicts/conflict.ts'
import { supportersOf } from '../../../shared/conflicts/inbox-transitions.ts'
import { InboxBench } from '../../support/inbox-bench.ts'
import { snapshotOf } from '../../support/snapshot-of.ts'

const fields = {
  diagnosis: s.string().critical(),
  dose: s.number().critical({ group: 'medication', approvals: 2 }),
  unit: s.string().critical({ group: 'medication' }),
  held: s.string().critical({ hold: 'base', approvals: 3 }),
}

const person = fc.constantFrom('ann', 'bob', 'cyd', 'dora')
const which = fc.nat({ max: 5 })
const text = fc.constantFrom('a', 'b', 'c')
const field = fc.constantFrom('diagnosis', 'dose', 'unit', 'held')

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), person, field, text, saw: fc.nat({ max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('choose' as const), person, which, side: fc.nat({ max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dismiss' as const), person, which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('approve' as const), person, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), person, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const), person, which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('assign' as const),
      person,
      which,
      assignee: fc.option(person, { nil: null }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('comment' as const), person, which, text }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bury' as const), person, text }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('correct' as const), person, text }) },
)

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** Points in the record's history that a writer may have seen: the newest last. */
function perform(record: InboxBench, step: Action, points: (readonly string[])[]): void {
  const conflicts = [...record.state.conflicts.values()]
  const conflict = 'which' in step ? conflicts[step.which % Math.max(1, conflicts.length)] : undefined
  if (step.do === 'write') {
    const value = step.field === 'dose' ? step.text.charCodeAt(0) : step.text
    record.put(step.person, { [step.field]: value }, { saw: points.at(-1 - step.saw) ?? null })
    points.push(record.heads)
  } else if (step.do === 'bury') record.bury(step.person, { dose: step.text })
  else if (step.do === 'correct') {
    const [letter] = record.letters
    if (letter !== undefined) record.correct(step.person, letter, { diagnosis: step.text })
  } else if (conflict !== undefined) work(record, step, conflict)
}

function work(
  record: InboxBench,
  step: Exclude<Action, { do: 'write' | 'bury' | 'correct' }>,
  conflict: Conflict,
): void {
  switch (step.do) {
    case 'choose': {
      const sides = [conflict.incumbent, ...conflict.challengers]
      record.decide(step.person, conflict, { choose: sides[step.side % sides.length]?.id ?? '' })
      break
    }
    case 'dismiss':
      record.decide(step.person, conflict, { dismiss: true })
      break
    case 'approve':
      record.approve(step.person, conflict)
      break
    case 'undo':
      record.undo(step.person, conflict)
      break
    case 'withdraw':
      record.step(step.person, conflict, { type: 'withdraw' })
      break
    case 'assign':
      record.step(step.person, conflict, { type: 'assign', assignee: step.assignee })
      break
    case 'comment':
      record.step(step.person, conflict, { type: 'comment', text: step.text })
      break
  }
}

const personsFor: Readonly<Record<string, number>> = { diagnosis: 1, dose: 2, unit: 2, held: 3 }

function checkDecided({ kind, fields: [first = ''], resolution, proposal, state }: Conflict): void {
  if (kind === 'dead-letter') return
  const needed = personsFor[first] ?? 0
  if (resolution !== null) {
    const persons = [resolution.author, ...resolution.approvals.map(({ author }) => author)]
    expect(new Set(persons).size).toBe(needed)
    expect(persons).toHaveLength(needed)
    expect(state).toBe(resolution.dismisses ? 'dismissed' : 'resolved')
  } else if (proposal !== null) {
    expect(state).toBe('awaiting-approval')
    expect(new Set(supportersOf(proposal)).size).toBe(supportersOf(proposal).length)
    expect(supportersOf(proposal).length).toBeLessThan(needed)
  }
}

test('C3, C7: any sequence of writes and work on conflicts is replayed to the same inbox', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 4, maxLength: 28 }), fc.nat(), (actions, cut) => {
      const record = new InboxBench(fields)
      record.put('admin', { diagnosis: 'x', dose: 1, unit: 'mg', held: 'old' })
      const points = [record.heads]
      const cutAt = cut % actions.length
      let snapshot: { version: number; bytes: Uint8Array } | null = null
      for (const [index, step] of actions.entries()) {
        perform(record, step, points)
        for (const conflict of record.conflicts.values()) checkDecided(conflict)
        if (index === cutAt) snapshot = { version: record.state.version, bytes: snapshotOf(record.state) }
      }
      record.checkReplay()
      const { key, bindings, createdAt, chain, conflicts } = record.state
      const tail = record.journal.slice(snapshot?.version ?? 0)
      const folded = foldJournal(key, record.collection, { snapshot, tail, chain, bindings, createdAt })
      expect(new Map(folded.conflicts)).toEqual(new Map(conflicts))
      // Every dispute that readers are shown is in the inbox, and the other way round.
      const open = [...conflicts.values()].filter((one) => isOpen(one) && one.kind !== 'dead-letter')
      expect(new Set(Object.keys(record.view.disputed))).toEqual(new Set(open.flatMap((one) => one.fields)))
    }),
    { numRuns: 60 },
  )
})
