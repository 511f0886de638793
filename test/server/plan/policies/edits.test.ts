// What the log tells of edits within sets, lists and maps.
import { s } from 'sluice'
import { afterEach, describe, expect, it } from 'vitest'
import type { Json } from '../../../../shared/json.ts'
import { PolicyBench } from '../../../support/policy-bench.ts'
import { edit, str } from '../../../support/record-bench.ts'

const fields = {
  tags: s.set(s.string()),
  steps: s.list(s.string()),
  prices: s.map(s.number()),
  note: s.json(),
  guarded: s.set(s.string()).writable(({ change }) => change.metadata.approvedBy != null),
}

let record = new PolicyBench(fields)
const start = (): readonly string[] => {
  record = new PolicyBench(fields)
  record.put('admin', { tags: ['a', 'b'], steps: ['one', 'two', 'three'], prices: { bolt: 1, nut: 2 } })
  return record.heads
}
afterEach(() => record.checkReplay())

const last = (): readonly [string, string, Json, Json] => {
  const line = record.lines.at(-1)
  if (line === undefined) throw new Error('no line')
  return [line.operation, line.outcome, line.oldValue, line.newValue]
}

describe('S6: a line of an edit tells what its author took out and put in', () => {
  it('of a set, a list and a map', () => {
    start()
    record.ask('ann', [
      { type: 'add', field: 'tags', items: ['c', 'a'] },
      { type: 'remove', field: 'tags', items: ['b'] },
    ])
    expect(last()).toEqual(['edit', 'applied', ['b'], ['c']])
    record.put('ann', { steps: ['one', 'deux', 'three'] })
    expect(last()).toEqual(['edit', 'applied', ['two'], ['deux']])
    record.ask('ann', [{ type: 'merge', field: 'prices', members: { bolt: 3, nut: null, gear: 4 } }])
    expect(last()).toEqual(['edit', 'applied', { bolt: 1, nut: 2 }, { bolt: 3, gear: 4 }])
  })

  it('a set that grows item by item logs each item once', () => {
    start()
    const items = Array.from({ length: 40 }, (_, at) => `item ${at}`)
    for (const item of items) record.ask('ann', [{ type: 'add', field: 'tags', items: [item] }])
    const told = record.lines.filter(({ origin }) => origin.subject === 'ann')
    expect(told.map(({ oldValue }) => oldValue)).toEqual(items.map(() => []))
    expect(told.map(({ newValue }) => newValue)).toEqual(items.map((item) => [item]))
  })

  it('beside what others did that he had not seen: his own edit alone', () => {
    const saw = start()
    record.ask('ann', [{ type: 'add', field: 'tags', items: ['hers'] }], { saw })
    record.ask('bob', [{ type: 'add', field: 'tags', items: ['his'] }], { saw })
    expect(last()).toEqual(['edit', 'merged', [], ['his']])
    expect(record.view.fields.tags).toEqual(['a', 'b', 'hers', 'his'])
  })

  it('held, when another had replaced the field: his own edit, and the whole value in the conflict', () => {
    const saw = start()
    record.push(
      'ann',
      edit(record.replica('a'), (root) => {
        root.tags = { new: true }
      }),
    )
    record.ask('bob', [{ type: 'add', field: 'tags', items: ['his'] }], { saw })
    expect(last()).toEqual(['edit', 'held', [], ['his']])
    expect(record.conflict('tags')?.challengers.at(-1)?.value).toEqual(['a', 'b', 'his'])
  })

  it('a replacement as a whole is `set`, and tells the whole value', () => {
    start()
    record.push(
      'ann',
      edit(record.replica('a'), (root) => {
        root.tags = { new: true }
      }),
    )
    expect(last()).toEqual(['set', 'applied', ['a', 'b'], ['new']])
  })

  it('an edit inside of a register writes the register (R3): it tells the whole value', () => {
    start()
    record.put('ann', { note: { a: 1, b: 2 } })
    record.push(
      'ann',
      edit(record.replica('a'), (root) => {
        ;(root.note as Record<string, unknown>).b = str('three')
      }),
    )
    expect(last()).toEqual(['set', 'applied', { a: 1, b: 2 }, { a: 1, b: 'three' }])
  })

  it('of a refused one what was asked for; an edit that breaks a rule is told as it was', () => {
    start()
    record.ask('ann', [{ type: 'remove', field: 'guarded', items: ['x'] }])
    expect(last()).toEqual(['edit', 'rejected', ['x'], []])
    record.push(
      'ann',
      edit(record.replica('a'), (root) => {
        ;(root.guarded as Record<string, boolean>).x = true
      }),
    )
    expect(last()).toEqual(['edit', 'rejected', [], ['x']])
    expect(record.view.fields.guarded).toEqual([])
  })

  it('whoever loses an edit to a delete loses the value as he had it', () => {
    const saw = start()
    record.remove('bob', { saw })
    record.ask('ann', [{ type: 'add', field: 'tags', items: ['c'] }], { saw })
    expect(last()).toEqual(['set', 'superseded', ['a', 'b', 'c'], null])
  })
})
