// C5 and C6 on the planner: deciding, arriving late, and taking a decision back.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { RecordOutcome } from '../../../server/plan/record-command.ts'
import { isOpen, standingSides } from '../../../shared/conflicts/conflict.ts'
import type { Json } from '../../../shared/json.ts'
import { edit, originOf, RecordBench, str } from '../../support/record-bench.ts'

function disputed(): { record: RecordBench; old: readonly string[] } {
  const record = new RecordBench({ diagnosis: s.string().critical(), stock: s.counter(), name: s.string() })
  record.write('admin', [
    { type: 'set', field: 'diagnosis', value: 'flu' },
    { type: 'increment', field: 'stock', amount: 10 },
  ])
  const old = record.heads
  record.set('ann', 'diagnosis', 'covid', old)
  record.set('bob', 'diagnosis', 'rsv', old)
  return { record, old }
}

function decide(
  record: RecordBench,
  field: string,
  decision: { choose: string } | { value: Json },
  seen?: readonly string[],
): RecordOutcome {
  const conflict = record.conflict(field)
  if (conflict === undefined) throw new Error('no conflict')
  const ids = seen ?? standingSides(conflict).map(({ id }) => id)
  const origin = originOf('doctor', 30)
  const [outcome] = record.run({
    type: 'resolve',
    conflictId: conflict.id,
    decision,
    seen: ids,
    note: 'checked',
    origin,
  }).outcomes
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

function undo(record: RecordBench, field: string): RecordOutcome | undefined {
  return record.run({
    type: 'undo',
    conflictId: record.conflict(field)?.id ?? '',
    origin: originOf('doctor', 40),
  }).outcomes[0]
}

describe('C5: a resolution supersedes every side', () => {
  it('C5: choosing a challenger puts its value in force and closes the conflict', () => {
    const { record } = disputed()
    const side = record.conflict('diagnosis')?.challengers[0]
    decide(record, 'diagnosis', { choose: side?.id ?? '' })
    expect(record.view).toMatchObject({ fields: { diagnosis: 'rsv' }, disputed: {} })
    expect(record.conflict('diagnosis')).toMatchObject({
      state: 'resolved',
      resolution: { choose: side?.id, value: 'rsv', author: 'doctor', note: 'checked' },
    })
    expect(Object.keys(record.doc()._conflicts as object)).toEqual([])
  })

  it('C5: confirming the value in force is written too, so that a straggler meets it', () => {
    const { record, old } = disputed()
    const before = record.state.version
    decide(record, 'diagnosis', { choose: record.conflict('diagnosis')?.incumbent.id ?? '' })
    expect(record.state.version).toBeGreaterThan(before)
    record.set('cyd', 'diagnosis', 'measles', old)
    expect(record.conflict('diagnosis')).toMatchObject({
      state: 'reopened',
      inForce: 'covid',
      incumbent: { author: 'doctor' },
    })
  })

  it('C5: another value may be given, and must fit the field', () => {
    const { record } = disputed()
    expect(decide(record, 'diagnosis', { value: 7 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_value' },
    })
    expect(decide(record, 'diagnosis', { value: 'measles' })).toMatchObject({
      ok: true,
      conflict: { state: 'resolved' },
    })
    expect(record.view.fields.diagnosis).toBe('measles')
  })

  it('C5: a decision that has not seen a side is refused with the new sides', () => {
    const { record, old } = disputed()
    const seen = standingSides(record.conflict('diagnosis') ?? expect.fail()).map(({ id }) => id)
    record.set('cyd', 'diagnosis', 'measles', old)
    const outcome = decide(record, 'diagnosis', { value: 'rsv' }, seen)
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        code: 'stale_resolution',
        details: { conflict: { challengers: [{ author: 'bob' }, { author: 'cyd' }] } },
      },
    })
    expect(isOpen(record.conflict('diagnosis') ?? expect.fail())).toBe(true)
  })

  it('C5: choosing an increment applies it to what is in force', () => {
    const { record, old } = disputed()
    record.set('bob', 'stock', 100, old)
    record.write('ann', [{ type: 'increment', field: 'stock', amount: -3 }], old)
    decide(record, 'stock', { choose: record.conflict('stock')?.challengers[0]?.id ?? '' })
    expect(record.view.fields.stock).toBe(97)
  })

  it('C5: writes that saw the decision are plain writes again', () => {
    const { record } = disputed()
    decide(record, 'diagnosis', { value: 'measles' })
    record.set('ann', 'diagnosis', 'recovered')
    expect(record.view).toMatchObject({ fields: { diagnosis: 'recovered' }, disputed: {} })
  })
})

describe('C6: stragglers and undo', () => {
  it('C6: a straggler reopens the same conflict with the earlier decision attached', () => {
    const { record } = disputed()
    const cyd = edit(
      Automerge.load<Record<string, unknown>>(Automerge.save(record.replica('c'))),
      () => undefined,
    )
    const id = record.conflict('diagnosis')?.id
    const late = edit(Automerge.clone(cyd, { actor: 'cd'.repeat(16) }), (root) => {
      root.diagnosis = str('mumps')
    })
    decide(record, 'diagnosis', { value: 'measles' })
    record.push('cyd', late)
    const conflict = record.conflict('diagnosis')
    expect(conflict).toMatchObject({
      id,
      state: 'reopened',
      inForce: 'measles',
      incumbent: { author: 'doctor', value: 'measles' },
    })
    expect(conflict?.events.map(({ type }) => type)).toEqual(['opened', 'resolved', 'reopened'])
    expect(standingSides(conflict ?? expect.fail()).map(({ value }) => value)).toEqual(['measles', 'mumps'])
    expect(record.view.fields.diagnosis).toBe('measles')
  })

  it('C6: undoing brings the sides back, with what was in force before', () => {
    const { record } = disputed()
    decide(record, 'diagnosis', { value: 'measles' })
    undo(record, 'diagnosis')
    expect(record.conflict('diagnosis')).toMatchObject({
      state: 'reopened',
      inForce: 'covid',
      resolution: null,
    })
    expect(record.view).toMatchObject({
      fields: { diagnosis: 'covid' },
      disputed: { diagnosis: { challengers: 1 } },
    })
    decide(record, 'diagnosis', { choose: record.conflict('diagnosis')?.challengers[0]?.id ?? '' })
    expect(record.view.fields.diagnosis).toBe('rsv')
  })

  it('C6: undoing after somebody wrote on keeps what he wrote in force', () => {
    const { record } = disputed()
    decide(record, 'diagnosis', { value: 'measles' })
    record.set('ann', 'diagnosis', 'recovered')
    undo(record, 'diagnosis')
    expect(record.conflict('diagnosis')).toMatchObject({
      state: 'reopened',
      inForce: 'recovered',
      incumbent: { author: 'ann', value: 'recovered' },
    })
    expect(record.view.fields.diagnosis).toBe('recovered')
  })

  it('C6: there is nothing to undo in an open conflict', () => {
    const { record } = disputed()
    expect(undo(record, 'diagnosis')).toMatchObject({ ok: false, error: { code: 'not_resolved' } })
  })
})
