import { s } from 'sluice'
import { expect, test } from 'vitest'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-gate.ts'
import type { KeptAnswer } from '../../../server/plan/plan.ts'
import { planRecord } from '../../../server/plan/plan-record.ts'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { emptyRecordState } from '../../../server/plan/record-state.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import { collectionSpec, originOf } from '../../support/record-bench.ts'

const collection = collectionSpec({ stock: s.counter(), tags: s.set(s.string()) })
const empty = emptyRecordState({ tenant: 'default', collection: 'things', id: '1' }, collection)
const context = {
  at: '2026-01-01T00:00:00.000Z',
  limits: defaultAutomergeLimits,
  authorizer: loudAuthorizer,
  storageId: '',
}

type Write = Extract<RecordCommand, { type: 'write' }>

const keep = (key: string, subject = 'ada') => ({
  tenant: 'default',
  subject,
  key,
  request: 'digest',
  status: 200,
})

const increment = (key: string, subject = 'ada'): Write => ({
  type: 'write',
  intent: 'replace',
  ops: [{ type: 'increment', field: 'stock', amount: 1 }],
  saw: null,
  strict: false,
  origin: originOf(subject),
  keep: keep(key, subject),
})

const earlierOf = (
  outcome: ReturnType<typeof planRecord>['outcomes'][number] | undefined,
): KeptAnswer | null => (outcome?.ok === true ? outcome.earlier : null)

test('W2: a command whose key has been answered is not carried out, and is given the answer', () => {
  const answer: KeptAnswer = { ...keep('k'), body: { collection: 'things', id: '1', outcomes: {} } }
  const { plan, next, outcomes } = planRecord(empty, [increment('k')], { ...context, answered: [answer] })
  expect([plan, next]).toEqual([null, empty])
  expect(earlierOf(outcomes[0])).toBe(answer)
})

test('W2: of two commands with one key in one batch the second is given the answer of the first', () => {
  const { plan, outcomes } = planRecord(empty, [increment('k'), increment('k')], context)
  expect(plan?.view?.fields.stock).toBe(1)
  expect(plan?.answers).toEqual([
    {
      ...keep('k'),
      body: {
        collection: 'things',
        id: '1',
        wrote: [plan?.journal.at(-1)?.hash],
        outcomes: { stock: { outcome: 'applied', reason: null, conflictId: null } },
      },
    },
  ])
  expect(earlierOf(outcomes[0])).toBeNull()
  expect(earlierOf(outcomes[1])).toBe(plan?.answers[0])
})

test('W2: the key of another subject, or another key, is another command', () => {
  const commands = [increment('k'), increment('k', 'bob'), increment('l')]
  const { plan } = planRecord(empty, commands, context)
  expect(plan?.view?.fields.stock).toBe(3)
  expect(plan?.answers).toHaveLength(3)
})

test('W2: a write that changes nothing still keeps its answer, in a plan that writes nothing else', () => {
  const { next } = planRecord(empty, [increment('k')], context)
  const nothing: Write = {
    ...increment('none'),
    intent: 'update',
    ops: [{ type: 'remove', field: 'tags', items: ['absent'] }],
  }
  const { plan, next: same } = planRecord(next, [nothing], context)
  expect(same).toBe(next)
  expect(plan).toMatchObject({
    expectedVersion: next.version,
    journal: [],
    view: null,
    tables: [],
    fieldChanges: [],
  })
  expect(plan?.answers.map(({ key }) => key)).toEqual(['none'])
})
