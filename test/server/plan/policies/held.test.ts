// What waits for a person: linked fields, bases, bounds, and deletes beside updates.
import { collection, s } from 'sluice'
import { afterEach, describe, expect, it } from 'vitest'
import { PolicyBench } from '../../../support/policy-bench.ts'
import { edit, str } from '../../../support/record-bench.ts'

let record = new PolicyBench({ a: s.string() })
afterEach(() => record.checkReplay())

describe('critical groups', () => {
  const start = (): readonly string[] => {
    record = new PolicyBench({
      dose: s.number().critical({ group: 'medication' }),
      unit: s.enum(['mg', 'ml']).critical({ group: 'medication' }),
      note: s.string(),
    })
    record.put('admin', { dose: 5, unit: 'mg' })
    return record.heads
  }

  it('a mix that nobody entered never appears: different fields of the group compete', () => {
    const saw = start()
    record.put('ann', { dose: 7 }, { saw })
    const beside = record.put('bob', { unit: 'ml', note: 'x' }, { saw })
    expect(record.outcomeOf(beside, 'unit')).toBe('held')
    expect(record.outcomeOf(beside, 'note')).toBe('applied')
    expect(record.view.fields).toMatchObject({ dose: 7, unit: 'mg', note: 'x' })
    const conflict = record.conflict('group:medication')
    expect(conflict).toMatchObject({
      fields: ['dose', 'unit'],
      base: { dose: 5, unit: 'mg' },
      inForce: { dose: 7, unit: 'mg' },
      incumbent: { value: { dose: 7, unit: 'mg' } },
      challengers: [{ value: { dose: 5, unit: 'ml' } }],
    })
    expect(Object.keys(record.view.disputed)).toEqual(['dose', 'unit'])
  })

  it('is decided as one: by a side, or by values for every field', () => {
    const saw = start()
    record.put('ann', { dose: 7 }, { saw })
    record.put('bob', { unit: 'ml' }, { saw })
    const key = 'group:medication'
    const partial = record.resolve('eve', key, { value: { dose: 6 } })
    expect(partial).toMatchObject({ ok: false, error: { code: 'invalid_value', details: { field: 'unit' } } })
    expect(record.resolve('eve', key, { value: { dose: 6, unit: 'mg', note: 'x' } }).ok).toBe(false)
    expect(record.resolve('eve', key, { choose: record.conflict(key)?.challengers[0]?.id ?? '' }).ok).toBe(
      true,
    )
    expect(record.view.fields).toMatchObject({ dose: 5, unit: 'ml' })
    expect(record.view.disputed).toEqual({})
    expect(record.told).toContain('dose superseded ann 7')
  })

  it('equal tuples agree (C2), and a raw mix is put back', () => {
    const saw = start()
    record.put('ann', { dose: 7, unit: 'ml' }, { saw })
    expect(record.outcomeOf(record.put('bob', { dose: 7, unit: 'ml' }, { saw }), 'dose')).toBe('applied')
    const raw = edit(record.replica('a'), (root) => {
      root.dose = 9
      root.unit = str('gallons')
    })
    expect(record.push('cid', raw)).toMatchObject({ fields: { dose: { outcome: 'rejected' } } })
    expect(record.view.fields).toMatchObject({ dose: 7, unit: 'ml' })
  })
})

describe("hold: 'base'", () => {
  it('the last value that both had seen is in force until somebody decides', () => {
    record = new PolicyBench({ plan: s.string().critical({ hold: 'base' }) })
    record.put('admin', { plan: 'base' })
    const saw = record.heads
    record.put('ann', { plan: 'a' }, { saw })
    record.put('bob', { plan: 'b' }, { saw })
    expect(record.view.fields.plan).toBe('base')
    const { incumbent } = record.conflict('plan') ?? {}
    record.resolve('eve', 'plan', { choose: incumbent?.id ?? '' })
    expect(record.view.fields.plan).toBe('a')
    expect(record.told.at(-1)).toBe('plan superseded bob "b"')
  })
})

describe('counter bounds', () => {
  const start = (): readonly string[] => {
    record = new PolicyBench({ stock: s.counter({ min: 0 }) })
    record.increment('admin', 'stock', 3)
    return record.heads
  }

  it('P11: both sales count as long as there is stock', () => {
    const saw = start()
    record.increment('ann', 'stock', -1, { saw })
    expect(record.outcomeOf(record.increment('bob', 'stock', -2, { saw }), 'stock')).toBe('merged')
    expect(record.view.fields.stock).toBe(0)
  })

  it('P11: overselling by two who did not see each other is a conflict that lists the deltas', () => {
    const saw = start()
    record.increment('ann', 'stock', -2, { saw })
    expect(record.outcomeOf(record.increment('bob', 'stock', -2, { saw }), 'stock')).toBe('held')
    expect(record.view.fields.stock).toBe(1)
    expect(record.conflict('stock')).toMatchObject({
      kind: 'increment-increment',
      incumbent: { author: 'ann', value: -2 },
      challengers: [{ author: 'bob', value: -2 }],
    })
    expect(record.resolve('eve', 'stock', { value: -1 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_value' },
    })
    expect(record.resolve('eve', 'stock', { value: 0 }).ok).toBe(true)
    expect(record.view.fields.stock).toBe(0)
  })

  it('P6: who sees the stock cannot oversell it, by any door', () => {
    start()
    expect(record.outcomeOf(record.increment('ann', 'stock', -4), 'stock')).toBe('out_of_bounds')
    const raw = edit(record.replica('a'), (root) => {
      ;(root.stock as { decrement(by: number): void }).decrement(4)
    })
    expect(record.push('bob', raw)).toMatchObject({
      fields: { stock: { outcome: 'rejected', code: 'out_of_bounds' } },
    })
    expect(record.view.fields.stock).toBe(3)
  })

  it('M6: who has seen nothing of a record is measured by what is in force, not by an empty record', () => {
    start()
    const unseen = { saw: [], intent: 'upsert' } as const
    const first = record.increment('ann', 'stock', -1, unseen)
    expect(record.outcomeOf(first, 'stock')).toBe('merged')
    // His next one is built on that alone.
    const own = record.journal.findLast(({ origin }) => origin.subject === 'ann')?.hash
    const second = record.increment('ann', 'stock', -1, { saw: [own ?? ''], intent: 'upsert' })
    expect(record.outcomeOf(second, 'stock')).toBe('merged')
    expect(record.view.fields.stock).toBe(1)
    expect(record.outcomeOf(record.increment('bob', 'stock', -2, unseen), 'stock')).toBe('out_of_bounds')
    expect(record.view.fields.stock).toBe(1)
  })

  it('an increment that had not seen a rejected one is not lost with it', () => {
    start()
    const offline = edit(record.replica('b'), (root) => {
      ;(root.stock as { increment(by: number): void }).increment(5)
    })
    const bad = edit(record.replica('a'), (root) => {
      ;(root.stock as { decrement(by: number): void }).decrement(4)
    })
    record.push('ann', bad)
    record.push('bob', offline)
    expect(record.view.fields.stock).toBe(8)
  })
})

describe('P2, F2, F3: a delete and an update that did not see each other', () => {
  const start = (deletes: 'hold' | 'delete-wins' | 'update-wins'): readonly string[] => {
    record = new PolicyBench(collection({ title: s.string(), tags: s.set(s.string()) }, { deletes }))
    record.put('admin', { title: 'one' })
    return record.heads
  }

  it('delete-wins: the record stays deleted, and who changed it is told', () => {
    for (const deleteFirst of [true, false]) {
      const saw = start('delete-wins')
      if (deleteFirst) record.remove('ann', { saw })
      record.put('bob', { title: 'two' }, { saw })
      if (!deleteFirst) record.remove('ann', { saw })
      expect(record.view.deleted).toBe(true)
      expect(record.told).toContain('title superseded bob "two"')
      record.checkReplay()
    }
  })

  it('update-wins: the record is there, and who deleted it is told', () => {
    for (const deleteFirst of [true, false]) {
      const saw = start('update-wins')
      if (deleteFirst) record.remove('ann', { saw })
      record.put('bob', { title: 'two' }, { saw })
      if (!deleteFirst) record.remove('ann', { saw })
      expect(record.view.deleted).toBe(false)
      expect(record.view.fields.title).toBe('two')
      expect(record.told).toContain('_deleted superseded ann true')
      record.remove('cid')
      expect(record.view.deleted).toBe(true)
      record.checkReplay()
    }
  })

  it('hold: what came first is in force, and a person decides', () => {
    const saw = start('hold')
    record.remove('ann', { saw })
    expect(record.outcomeOf(record.put('bob', { title: 'two', tags: ['x'] }, { saw }), 'title')).toBe('held')
    expect(record.view.deleted).toBe(true)
    expect(record.conflict('_deleted')).toMatchObject({
      kind: 'delete-update',
      fields: ['_deleted'],
      inForce: true,
      incumbent: { author: 'ann' },
      challengers: [{ author: 'bob', value: { title: 'two', tags: ['x'] } }],
    })
    record.resolve('eve', '_deleted', { choose: record.conflict('_deleted')?.challengers[0]?.id ?? '' })
    expect(record.view).toMatchObject({ deleted: false, fields: { title: 'two', tags: ['x'] } })
  })

  it('hold: a delete beside an update is held, the record stays', () => {
    const saw = start('hold')
    record.put('bob', { title: 'two' }, { saw })
    expect(record.outcomeOf(record.remove('ann', { saw }), '_deleted')).toBe('held')
    expect(record.view).toMatchObject({ deleted: false, disputed: { _deleted: { challengers: 1 } } })
    expect(record.conflict('_deleted')?.kind).toBe('update-delete')
    record.resolve('eve', '_deleted', { value: true })
    expect(record.view.deleted).toBe(true)
    expect(record.told).toContain('title superseded bob "two"')
  })

  it('hold: a straggler that had not seen the decision reopens it (C6)', () => {
    const saw = start('hold')
    record.remove('ann', { saw })
    record.put('bob', { title: 'two' }, { saw })
    record.resolve('eve', '_deleted', { value: true })
    const id = record.conflict('_deleted')?.id
    expect(record.outcomeOf(record.put('cid', { title: 'late' }, { saw }), 'title')).toBe('held')
    expect(record.conflict('_deleted')).toMatchObject({ id, state: 'reopened' })
  })

  it('a deleted id may be created again, and starts empty', () => {
    start('hold')
    record.remove('ann')
    record.put('bob', { tags: ['new'] }, { intent: 'create' })
    expect(record.view).toMatchObject({ deleted: false, fields: { title: null, tags: ['new'] } })
    expect(record.view.disputed).toEqual({})
  })
})
