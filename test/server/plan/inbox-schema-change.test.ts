// C7 beside S8: a change of the schema does not make an open conflict easier to decide.
import { s } from 'sluice'
import { expect, test } from 'vitest'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-gate.ts'
import { foldJournal } from '../../../server/plan/fold-journal.ts'
import { planRecord } from '../../../server/plan/plan-record.ts'
import { standingSides } from '../../../shared/conflicts/conflict.ts'
import { digestOf } from '../../../shared/schema/collection-definition.ts'
import { ended, InboxBench } from '../../support/inbox-bench.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import { collectionSpec } from '../../support/record-bench.ts'

test('C7: fields that are no longer linked still take as many persons as the strictest of them', () => {
  const record = new InboxBench({
    dose: s.number().critical({ group: 'medication', approvals: 2 }),
    unit: s.string().critical({ group: 'medication' }),
  })
  record.put('admin', { dose: 5, unit: 'mg' })
  record.dispute({ dose: 7 }, { dose: 9, unit: 'ml' })
  const { key, bindings, createdAt, chain } = record.state
  const collection = collectionSpec({
    dose: s.number().critical({ approvals: 2 }),
    unit: s.string().critical(),
  })
  const state = foldJournal(key, collection, {
    snapshot: null,
    tail: record.journal,
    chain,
    bindings,
    createdAt,
    schemas: new Map([[digestOf(record.collection), record.collection]]),
  })
  const conflict = record.at('group:medication')
  const { outcomes } = planRecord(
    state,
    [
      {
        type: 'resolve',
        conflictId: conflict.id,
        decision: { value: { dose: 8, unit: 'mg' } },
        seen: standingSides(conflict).map(({ id }) => id),
        note: null,
        origin: record.origin('dora'),
      },
      { type: 'approve', conflictId: conflict.id, proposal: 'p1', origin: record.origin('dora') },
      { type: 'approve', conflictId: conflict.id, proposal: 'p1', origin: record.origin('lee') },
    ],
    {
      at: '2026-01-02T00:00:00.000Z',
      limits: defaultAutomergeLimits,
      authorizer: loudAuthorizer,
      storageId: '',
    },
  )
  expect(outcomes.map(ended)).toEqual(['awaiting-approval', 'same_approver', 'resolved'])
  expect(outcomes[2]).toMatchObject({ ok: true, fields: { dose: { outcome: 'applied' } } })
})
