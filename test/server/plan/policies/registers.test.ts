// Registers on the planner: which write wins, who is told, and that no policy but receipt depends on arrival.
import { s } from 'sluice'
import { afterEach, describe, expect, it } from 'vitest'
import { PolicyBench } from '../../../support/policy-bench.ts'
import { edit, str } from '../../../support/record-bench.ts'

const fields = {
  plain: s.string(),
  edited: s.string().lww({ by: 'edited' }),
  causal: s.string().lww({ by: 'causal' }),
  source: s.string().prefer('metadata.source', ['mobile', 'web']),
  byRole: s.string().prefer('role', ['doctor', 'nurse']),
  once: s.string().immutable(),
}

let record = new PolicyBench(fields)
const start = (): readonly string[] => {
  record = new PolicyBench(fields)
  record.put('admin', {})
  return record.heads
}
afterEach(() => record.checkReplay())

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

describe('P5: field-level last write wins', () => {
  it('by receipt: the later committed one is in force, the loser is told', () => {
    const saw = start()
    record.put('ann', { plain: 'a' }, { saw, claimedAt: at(9) })
    expect(record.outcomeOf(record.put('bob', { plain: 'b' }, { saw, claimedAt: at(1) }), 'plain')).toBe(
      'merged',
    )
    expect(record.view.fields.plain).toBe('b')
    expect(record.told.slice(-2)).toEqual(['plain merged bob "b"', 'plain superseded ann "a"'])
  })

  it('by edit time: the one edited later is in force, in whichever order they come', () => {
    for (const order of [
      [9, 1],
      [1, 9],
    ]) {
      const saw = start()
      for (const minute of order)
        record.put(`at${minute}`, { edited: `at ${minute}` }, { saw, claimedAt: at(minute) })
      expect(record.view.fields.edited).toBe('at 9')
      record.checkReplay()
    }
  })

  it('by edit time: who comes late with an older edit is told that he lost', () => {
    const saw = start()
    record.put('ann', { edited: 'new' }, { saw, claimedAt: at(9) })
    const late = record.put('bob', { edited: 'old' }, { saw, claimedAt: at(1) })
    expect(late).toMatchObject({ fields: { edited: { outcome: 'superseded', reason: expect.any(String) } } })
    expect(record.told.at(-1)).toBe('edited superseded bob "old"')
    expect(record.lines.at(-1)?.newValue).toBe('new')
  })

  it('P3: a claim about the future counts as the receipt, and no claim as well', () => {
    const saw = start()
    record.put('ann', { edited: 'future' }, { saw, claimedAt: '2030-01-01T00:00:00.000Z' })
    record.put('bob', { edited: 'no claim' }, { saw })
    expect(record.view.fields.edited).toBe('no claim')
  })

  it('by edit time: a slow clock does not make an edit older than what its author saw', () => {
    const saw = start()
    record.put('ann', { edited: 'first' }, { saw, claimedAt: at(5) })
    record.put('bob', { edited: 'saw first' }, { claimedAt: at(1) })
    record.put('cid', { edited: 'between' }, { saw, claimedAt: at(3) })
    expect(record.view.fields.edited).toBe('saw first')
  })

  it("by Automerge's order: what a plain document shows is in force, with nothing to settle", () => {
    start()
    let [one, two] = [record.replica('a'), record.replica('b')]
    one = edit(one, (root) => {
      root.causal = str('one')
    })
    two = edit(
      edit(two, (root) => {
        root.plain = str('more')
      }),
      (root) => {
        root.causal = str('two')
      },
    )
    record.push('bob', two)
    const settled = record.journal.length
    expect(record.push('ann', one)).toMatchObject({ fields: { causal: { outcome: 'superseded' } } })
    expect(record.view.fields.causal).toBe('two')
    expect(record.journal.slice(settled).map(({ kind }) => kind)).toEqual(['change'])
  })

  it('a write that was overridden comes back when who overrode it loses to it', () => {
    const saw = start()
    record.put('mob', { source: 'mobile' }, { saw, metadata: { source: 'mobile' } })
    const sawMobile = record.heads
    record.put('app', { source: 'other mobile' }, { saw, metadata: { source: 'mobile' } })
    expect(record.view.fields.source).toBe('other mobile')
    record.put('web', { source: 'web over mobile' }, { saw: sawMobile, metadata: { source: 'web' } })
    expect(record.view.fields.source).toBe('other mobile')
    expect(record.told.at(-1)).toBe('source superseded web "web over mobile"')
  })
})

describe('P12: preference between sources', () => {
  it('mobile trumps web, in whichever order they come', () => {
    for (const order of [
      ['mobile', 'web'],
      ['web', 'mobile'],
    ]) {
      const saw = start()
      for (const source of order) record.put(source, { source }, { saw, metadata: { source } })
      expect(record.view.fields.source).toBe('mobile')
      record.checkReplay()
    }
  })

  it('a role trumps another, and it is the authenticated one', () => {
    const saw = start()
    record.put('doc', { byRole: 'by doctor' }, { saw, roles: ['doctor'] })
    record.put('liar', { byRole: 'by liar' }, { saw, roles: ['clerk'], metadata: { role: 'doctor' } })
    expect(record.view.fields.byRole).toBe('by doctor')
  })

  it('who has seen the preferred write may replace it', () => {
    const saw = start()
    record.put('mob', { source: 'mobile' }, { saw, metadata: { source: 'mobile' } })
    expect(
      record.outcomeOf(record.put('web', { source: 'web' }, { metadata: { source: 'web' } }), 'source'),
    ).toBe('applied')
    expect(record.view.fields.source).toBe('web')
  })
})

describe('immutable', () => {
  it('the first value stays, also beside one that had not seen it; a later one is rejected', () => {
    const saw = start()
    record.put('ann', { once: 'first' }, { saw })
    expect(record.outcomeOf(record.put('bob', { once: 'beside' }, { saw }), 'once')).toBe('superseded')
    expect(record.outcomeOf(record.put('cid', { once: 'after' }), 'once')).toBe('immutable')
    expect(record.view.fields.once).toBe('first')
    expect(record.told.at(-1)).toBe('once rejected cid "after"')
  })

  it('W7: a raw change of it is undone in the same commit', () => {
    start()
    record.put('ann', { once: 'first' })
    const raw = edit(record.replica('a'), (root) => {
      root.once = str('changed')
      root.plain = str('kept')
    })
    expect(record.push('bob', raw)).toMatchObject({
      fields: { once: { outcome: 'rejected', code: 'immutable' }, plain: { outcome: 'applied' } },
    })
    expect(record.view.fields).toMatchObject({ once: 'first', plain: 'kept' })
  })
})

describe('found by simulation', () => {
  it('W7: a delete in a batch confirms no value that its author had not seen', () => {
    start()
    let offline = record.replica('a')
    for (const value of ['one', 'two'])
      offline = edit(offline, (root) => {
        root.plain = str(value)
      })
    offline = edit(offline, (root) => {
      delete root.plain
    })
    // Operations enough for the library to prefer this one.
    for (const value of ['x', 'y', 'z', 'concurrent']) record.put('bob', { plain: value })
    record.push('ann', offline)
    expect(record.view.fields.plain).toBeNull()
    expect(record.told.at(-1)).toBe('plain applied ann null')
  })
})
