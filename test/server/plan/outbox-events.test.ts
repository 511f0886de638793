// What the world outside is told of a commit: every step of a conflict, and every edit that lost.
import { s } from 'sluice'
import { describe, expect, test } from 'vitest'
import type { OutboxEvent } from '../../../server/plan/plan.ts'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { InboxBench } from '../../support/inbox-bench.ts'
import { edit, str } from '../../support/record-bench.ts'

class OutboxBench extends InboxBench {
  readonly outbox: OutboxEvent[] = []

  override run(...commands: RecordCommand[]): ReturnType<InboxBench['run']> {
    const ran = super.run(...commands)
    this.outbox.push(...(ran.plan?.outbox ?? []))
    return ran
  }

  get lost(): readonly OutboxEvent['payload'][] {
    return this.outbox.filter(({ event }) => event === 'edit.lost').map(({ payload }) => payload)
  }
}

function bench(): OutboxBench {
  const record = new OutboxBench({ name: s.string(), diagnosis: s.string().critical(), age: s.number() })
  record.put('admin', { name: 'Ada', diagnosis: 'unclear', age: 30 })
  return record
}

describe('edit.lost', () => {
  test('C10: the author of a superseded write is told what is in force instead, and by whom', () => {
    const record = bench()
    const saw = record.heads
    record.put('ann', { name: 'Anna' }, { saw, device: 'phone' })
    record.put('bob', { name: 'Adele' }, { saw })
    expect(record.lost).toEqual([
      expect.objectContaining({
        collection: 'things',
        id: '1',
        field: 'name',
        outcome: 'superseded',
        author: 'ann',
        device: 'phone',
        lost: 'Anna',
        inForce: 'Adele',
        by: 'bob',
        conflictId: null,
      }),
    ])
  })

  test('C10: the authors of the sides that a decision has not chosen are told who decided', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    expect(record.lost).toEqual([])
    const conflict = record.at('diagnosis')
    record.decide('dora', conflict, { value: 'rsv' })
    expect(
      record.lost.map(({ author, lost, inForce, by, conflictId }) => [author, lost, inForce, by, conflictId]),
    ).toEqual([
      ['ann', 'flu', 'rsv', 'dora', conflict.id],
      ['bob', 'covid', 'rsv', 'dora', conflict.id],
    ])
  })

  test('C10: of a rejected edit what it was to take out and put in, beside what the field holds', () => {
    const record = new OutboxBench({
      tags: s.set(s.string()).writable(({ change }) => change.metadata.approvedBy != null),
    })
    record.put('admin', { tags: ['a'] }, { metadata: { approvedBy: 'boss' } })
    record.ask('ann', [{ type: 'add', field: 'tags', items: ['b'] }])
    expect(record.lost).toMatchObject([
      { field: 'tags', outcome: 'rejected', lost: { removed: [], added: ['b'] }, inForce: ['a'], by: null },
    ])
  })

  test('C10: a raw write that was put back is told with the rule that it breaks', () => {
    const record = bench()
    record.push(
      'cyd',
      edit(record.replica('c'), (root) => {
        root.age = str('old')
      }),
    )
    expect(record.lost).toMatchObject([
      {
        field: 'age',
        outcome: 'rejected',
        author: 'cyd',
        lost: 'old',
        inForce: 30,
        by: null,
        code: 'invalid_value',
      },
    ])
  })

  test('C10: every event has an id of its own', () => {
    const record = bench()
    const saw = record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    record.put('ann', { name: 'a', age: 1 }, { saw })
    record.put('bob', { name: 'b', age: 2 }, { saw })
    for (let round = 0; round < 2; round++) {
      record.decide('dora', record.at('diagnosis'), { value: 'rsv' })
      record.undo('dora', record.at('diagnosis'))
    }
    const ids = record.outbox.map(({ id }) => id)
    expect(record.lost).toHaveLength(6)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('conflict events', () => {
  test('C10: each step is told once, also when one commit takes several', () => {
    const record = bench()
    const saw = record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const { id } = record.at('diagnosis')
    record.put('cyd', { diagnosis: 'rsv' }, { saw })
    const origin = record.origin('lee')
    record.run(
      { type: 'step', conflictId: id, step: { type: 'assign', assignee: 'dora' }, origin },
      { type: 'step', conflictId: id, step: { type: 'comment', text: 'look' }, origin },
    )
    record.decide('dora', record.at('diagnosis'), { dismiss: true })
    const told = record.outbox.filter(({ event }) => event.startsWith('conflict.'))
    expect(told.map(({ event, id: eventId }) => [event, eventId])).toEqual([
      ['conflict.opened', `${id}-1`],
      ['conflict.challenged', `${id}-2`],
      ['conflict.assigned', `${id}-3`],
      ['conflict.commented', `${id}-4`],
      ['conflict.dismissed', `${id}-5`],
    ])
    expect(told.at(-1)?.payload).toEqual({
      conflictId: id,
      fields: ['diagnosis'],
      state: 'dismissed',
      assignee: 'dora',
    })
  })
})
