// C1–C4 on the planner: what competes, what does not, and what readers see while it does.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { standingSides } from '../../../shared/conflicts/conflict.ts'
import { edit, originOf, RecordBench, str } from '../../support/record-bench.ts'

const fields = {
  name: s.string(),
  heartRate: s.number(),
  diagnosis: s.string().critical(),
  dose: s.number().critical(),
  stock: s.counter(),
  allergies: s.set(s.string()),
  steps: s.list(s.string()),
  extra: s.json().critical(),
}

function bench(): RecordBench {
  const record = new RecordBench(fields)
  record.write('admin', [
    { type: 'set', field: 'name', value: 'Ada' },
    { type: 'set', field: 'diagnosis', value: 'flu' },
    { type: 'set', field: 'dose', value: 5 },
    { type: 'set', field: 'extra', value: { x: 1 } },
    { type: 'increment', field: 'stock', amount: 10 },
    { type: 'add', field: 'steps', items: ['wash', 'cut'] },
  ])
  return record
}

const saving = (subject: string, diagnosis: string): RecordCommand => ({
  type: 'write',
  intent: 'update',
  ops: [{ type: 'set', field: 'diagnosis', value: diagnosis }],
  saw: null,
  strict: false,
  origin: originOf(subject),
  keep: null,
})

const openConflicts = (record: RecordBench): string[] => Object.keys(record.view.disputed)

describe('C1: two writes conflict if and only if neither saw the other', () => {
  it('C1: a later write that saw the earlier one is no conflict', () => {
    const record = bench()
    record.set('ann', 'diagnosis', 'covid')
    record.set('bob', 'diagnosis', 'rsv')
    expect(openConflicts(record)).toEqual([])
    expect(record.view.fields.diagnosis).toBe('rsv')
  })

  it('C1: what competes in an old record is told without its whole history, its base too', () => {
    const record = bench()
    const longAgo = record.heads
    for (let n = 0; n < 300; n++) record.set('ann', 'heartRate', n)
    record.state.doc.free()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('bob', 'diagnosis', 'rsv', saw)
    const peer = edit(record.replica('c'), (root) => {
      root.dose = 7
    })
    record.state.doc.free()
    record.set('ann', 'dose', 6)
    record.push('cleo', peer)
    expect(record.conflict('diagnosis')).toMatchObject({ base: 'flu', inForce: 'covid' })
    expect(record.conflict('dose')).toMatchObject({ base: 5, inForce: 6, challengers: [{ value: 7 }] })
    expect(record.state.doc.isAwake).toBe(false)
    // Of what is far back the library is asked, and says the same.
    record.set('ann', 'extra', { x: 2 })
    record.set('dan', 'extra', { x: 3 }, longAgo)
    expect(record.conflict('extra')).toMatchObject({ base: { x: 1 }, inForce: { x: 2 } })
    expect(record.state.doc.isAwake).toBe(true)
  })

  it('C1: so is what competes with what was written before the record was loaded', () => {
    // To show what a list holds would take the library.
    const { name, heartRate, diagnosis } = fields
    const record = new RecordBench({ name, heartRate, diagnosis })
    record.set('admin', 'diagnosis', 'flu')
    for (let n = 0; n < 300; n++) record.set('ann', 'heartRate', n)
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('ann', 'name', 'Ada L.')
    record.reload()
    record.set('bob', 'diagnosis', 'rsv', saw)
    expect(record.conflict('diagnosis')).toMatchObject({ base: 'flu', inForce: 'covid' })
    expect(record.state.doc.isAwake).toBe(false)
  })

  it('C1: set beside set on a critical field is held, and the incumbent stays in force (C4)', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    const outcome = record.set('bob', 'diagnosis', 'rsv', saw)
    expect(outcome).toMatchObject({ ok: true, fields: { diagnosis: { outcome: 'held' } } })
    expect(record.view.fields.diagnosis).toBe('covid')
    expect(record.conflict('diagnosis')).toMatchObject({
      state: 'open',
      kind: 'set-set',
      base: 'flu',
      inForce: 'covid',
      incumbent: { author: 'ann', value: 'covid' },
      challengers: [{ author: 'bob', value: 'rsv' }],
    })
  })

  it('C1: set beside delete, which Automerge does not surface', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('bob', 'diagnosis', null, saw)
    expect(record.conflict('diagnosis')).toMatchObject({
      kind: 'set-delete',
      challengers: [{ operation: 'delete', value: null }],
    })
    expect(record.view.fields.diagnosis).toBe('covid')
  })

  it('C1: delete beside set, in the other order', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', null, saw)
    record.set('bob', 'diagnosis', 'covid', saw)
    expect(record.conflict('diagnosis')).toMatchObject({ kind: 'delete-set', inForce: null })
    expect(record.view.fields.diagnosis).toBeNull()
  })

  it('C1: confirming a value beside overriding it, which writes nothing in plain Automerge', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'flu', saw)
    record.set('bob', 'diagnosis', 'covid', saw)
    expect(record.conflict('diagnosis')).toMatchObject({
      incumbent: { author: 'ann', value: 'flu' },
      challengers: [{ value: 'covid' }],
    })
  })

  it('C1: an increment beside a reset of the same counter', () => {
    const record = bench()
    const saw = record.heads
    record.write('ann', [{ type: 'increment', field: 'stock', amount: -3 }], saw)
    record.set('bob', 'stock', 100, saw)
    expect(record.conflict('stock')).toMatchObject({
      kind: 'increment-set',
      inForce: 7,
      challengers: [{ value: 100 }],
    })
    expect(record.view.fields.stock).toBe(7)
  })

  it('C1: a reset beside an increment that arrives later lists the increment', () => {
    const record = bench()
    const saw = record.heads
    record.set('bob', 'stock', 100, saw)
    record.write('ann', [{ type: 'increment', field: 'stock', amount: -3 }], saw)
    expect(record.conflict('stock')).toMatchObject({
      kind: 'set-increment',
      inForce: 100,
      challengers: [{ value: -3 }],
    })
    expect(record.view.fields.stock).toBe(100)
  })

  it('C1: concurrent increments add up and are no conflict', () => {
    const record = bench()
    const saw = record.heads
    record.write('ann', [{ type: 'increment', field: 'stock', amount: -3 }], saw)
    const outcome = record.write('bob', [{ type: 'increment', field: 'stock', amount: -4 }], saw)
    expect(outcome).toMatchObject({ ok: true, fields: { stock: { outcome: 'merged' } } })
    expect(record.view.fields.stock).toBe(3)
    expect(openConflicts(record)).toEqual([])
  })

  it('C1: a list replaced as a whole beside an edit within it', () => {
    const record = bench()
    const ann = edit(record.replica('a'), (root) => (root.steps as unknown[]).push(str('dry')))
    const bob = edit(record.replica('b'), (root) => {
      root.steps = [str('only')]
    })
    record.push('ann', ann)
    record.push('bob', bob)
    expect(record.conflict('steps')).toMatchObject({ kind: 'edit-set', inForce: ['wash', 'cut', 'dry'] })
    expect(record.view.fields.steps).toEqual(['wash', 'cut', 'dry'])
  })

  it('C1: an object replaced as a whole beside a write nested in it', () => {
    const record = bench()
    const ann = edit(record.replica('a'), (root) => {
      ;(root.extra as Record<string, unknown>).x = 3
    })
    const bob = edit(record.replica('b'), (root) => {
      root.extra = { x: 2 }
    })
    record.push('ann', ann)
    record.push('bob', bob)
    expect(record.conflict('extra')).toMatchObject({
      incumbent: { value: { x: 3 } },
      challengers: [{ value: { x: 2 } }],
    })
    expect(record.view.fields.extra).toEqual({ x: 3 })
  })

  it('R3: character edits of two people in a critical register compete as whole values', () => {
    const record = new RecordBench({ diagnosis: s.string().critical() })
    record.run({ type: 'ensure', origin: originOf('admin') })
    const first = edit(record.replica('a'), (root) => {
      root.diagnosis = 'type 1 diabetes'
    })
    record.push('ann', first)
    const ann = edit(record.replica('b'), (root) =>
      Automerge.updateText(root, ['diagnosis'], 'type 2 diabetes'),
    )
    const bob = edit(record.replica('c'), (root) =>
      Automerge.updateText(root, ['diagnosis'], 'type 3 diabetes'),
    )
    record.push('ann', ann)
    record.push('bob', bob)
    expect(record.conflict('diagnosis')).toMatchObject({
      base: 'type 1 diabetes',
      inForce: 'type 2 diabetes',
      challengers: [{ value: 'type 3 diabetes' }],
    })
    expect(record.view.fields.diagnosis).toBe('type 2 diabetes')
  })

  it('C2: equal values are no conflict, and are logged as agreement', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'dose', 7, saw)
    record.set('bob', 'dose', 7, saw)
    expect(openConflicts(record)).toEqual([])
    expect(record.lines.at(-1)).toMatchObject({
      outcome: 'applied',
      reason: expect.stringContaining('agrees'),
    })
  })

  it('C1: confirming one of several competing values, which Automerge writes as a delete of the others', () => {
    const record = new RecordBench(fields)
    record.set('admin', 'name', 'start')
    const saw = record.heads
    record.set('ann', 'dose', 7, saw)
    record.set('bob', 'dose', 7, saw)
    // Both sevens stand side by side in the document.
    const cyd = edit(record.replica('c'), (root) => {
      root.dose = 7
    })
    const ops = Automerge.decodeChange(Automerge.getLastLocalChange(cyd) ?? expect.fail()).ops
    expect(ops.map(({ action }) => action)).toEqual(['del'])
    record.push('cyd', cyd)
    expect(record.view.fields.dose).toBe(7)
    expect(record.lines.at(-1)).toMatchObject({ operation: 'set', newValue: 7, outcome: 'applied' })
    expect(Automerge.merge(cyd, record.doc()).dose).toBe(7)
  })

  it('C1: the same change on different fields merges', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'heartRate', 80, saw)
    record.set('bob', 'diagnosis', 'covid', saw)
    expect(record.view.fields).toMatchObject({ heartRate: 80, diagnosis: 'covid' })
    expect(openConflicts(record)).toEqual([])
  })
})

describe('C4: while a conflict is open', () => {
  it('C4: every replica shows the incumbent, whatever Automerge would have picked', () => {
    for (const actor of ['0', 'f']) {
      const record = bench()
      const ann = edit(record.replica('7'), (root) => {
        root.diagnosis = str('covid')
      })
      const bob = edit(record.replica(actor), (root) => {
        root.diagnosis = str('rsv')
      })
      record.push('ann', ann)
      record.push('bob', bob)
      const merged = Automerge.merge(Automerge.merge(bob, ann), record.doc())
      expect(String(merged.diagnosis)).toBe('covid')
      expect(Object.keys(merged._conflicts as object)).toEqual([record.conflict('diagnosis')?.id])
    }
  })

  it('C4: later writes join as challengers, even if their author saw the conflict', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('bob', 'diagnosis', 'rsv', saw)
    record.set('cyd', 'diagnosis', 'measles')
    expect(record.view.fields.diagnosis).toBe('covid')
    expect(record.conflict('diagnosis')?.challengers.map(({ value }) => value)).toEqual(['rsv', 'measles'])
    expect(record.view.disputed.diagnosis?.challengers).toBe(2)
  })

  it('C4: a challenger who writes again replaces his own side only', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('bob', 'diagnosis', 'rsv', saw)
    record.set('bob', 'diagnosis', 'measles')
    const conflict = record.conflict('diagnosis')
    expect(conflict?.challengers.map(({ value, supersededBy }) => [value, supersededBy])).toEqual([
      ['rsv', conflict?.challengers[1]?.id],
      ['measles', null],
    ])
  })

  it('C4: of a challenger who saves again and again the newest sides stay on record, and the log has all', () => {
    const record = bench()
    const saw = record.heads
    record.set('ann', 'diagnosis', 'covid', saw)
    record.set('cyd', 'diagnosis', 'flu', saw)
    const told: string[] = []
    for (let n = 1; n <= 50; n++) {
      const { plan } = record.run(...[n, `${n} again`].map((value) => saving('bob', `draft ${value}`)))
      told.push(...(plan?.outbox ?? []).map(({ id }) => id))
    }
    const conflict = record.conflict('diagnosis') ?? expect.fail()
    expect(conflict.challengers).toHaveLength(22)
    expect(standingSides(conflict).map(({ value }) => value)).toEqual(['covid', 'flu', 'draft 50 again'])
    expect(conflict.challengers[1]?.value).toBe('draft 40 again')
    expect(conflict).toMatchObject({ forgotten: 79, events: { length: 22 } })
    // Those that are forgotten have been told of, each once.
    expect(told).toEqual(Array.from({ length: 100 }, (_, n) => `${conflict.id}-${n + 2}`))
    expect(record.lines.filter(({ outcome }) => outcome === 'held')).toHaveLength(101)
    expect(record.replay().conflicts).toEqual(record.state.conflicts)
    const [outcome] = record.run({
      type: 'resolve',
      conflictId: conflict.id,
      decision: { choose: conflict.challengers.at(-1)?.id ?? '' },
      seen: standingSides(conflict).map(({ id }) => id),
      note: null,
      origin: originOf('eve'),
    }).outcomes
    expect(outcome).toMatchObject({ ok: true })
    expect(record.view.fields.diagnosis).toBe('draft 50 again')
  })
})

describe('last write wins by receipt', () => {
  it('the later received wins, the loser is logged superseded, and replicas converge on the winner', () => {
    for (const actor of ['0', 'f']) {
      const record = bench()
      const ann = edit(record.replica('7'), (root) => {
        root.name = str('first')
      })
      const bob = edit(record.replica(actor), (root) => {
        root.name = str('second')
      })
      record.push('ann', ann)
      record.push('bob', bob)
      expect(record.view.fields.name).toBe('second')
      expect(String(Automerge.merge(Automerge.merge(ann, bob), record.doc()).name)).toBe('second')
      expect(record.lines.slice(-2)).toMatchObject([
        { outcome: 'merged', newValue: 'second', origin: { subject: 'bob' } },
        { outcome: 'superseded', oldValue: 'first', newValue: 'second', origin: { subject: 'ann' } },
      ])
    }
  })
})

describe('W7: a raw change that breaks the declaration', () => {
  it('W7: is kept, undone at once by the settling change, and logged as rejected', () => {
    const record = bench()
    const ann = edit(record.replica('a'), (root) => {
      root.heartRate = str('fast')
      root.name = str('Ada L.')
    })
    const outcome = record.push('ann', ann)
    expect(outcome).toMatchObject({
      ok: true,
      fields: { heartRate: { outcome: 'rejected' }, name: { outcome: 'applied' } },
    })
    expect(record.view.fields).toMatchObject({ heartRate: null, name: 'Ada L.' })
    expect(Automerge.merge(ann, record.doc()).heartRate).toBeUndefined()
  })

  it('R4: an unknown field is kept in the document, left out of the view and logged', () => {
    const record = bench()
    record.push(
      'ann',
      edit(record.replica('a'), (root) => {
        root.nickname = str('Countess')
      }),
    )
    expect(String(record.doc().nickname)).toBe('Countess')
    expect(record.view.fields).not.toHaveProperty('nickname')
    expect(record.lines.at(-1)).toMatchObject({
      field: 'nickname',
      outcome: 'applied',
      reason: expect.stringContaining('unknown field'),
    })
  })
})
