// What becomes of a write beside those that its author had not seen.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RankedWrite } from '../../../shared/policies/ranked-write.ts'
import { verdictOn } from '../../../shared/policies/verdict.ts'
import { HELD } from '../../../shared/schema/field-spec.ts'
import type { Unit } from '../../../shared/schema/unit.ts'
import { anyWrites, unitWith, writeOf } from './ranked-writes.ts'

/** All of them at once, none of which has seen another, in this order. */
function arrive(unit: Unit, writes: readonly RankedWrite[]): readonly RankedWrite[] {
  let frontier: readonly RankedWrite[] = []
  for (const write of writes) {
    const verdict = verdictOn({ unit, write, frontier, unseen: frontier, isBreach: false })
    if (verdict.outcome !== 'held') frontier = verdict.frontier
  }
  return frontier
}

describe('a verdict', () => {
  test('C2: equal values agree, whatever the policy', () => {
    for (const unit of [unitWith({}), unitWith({ critical: HELD }), unitWith({ lww: 'edited' })]) {
      const [first, second] = [writeOf(), writeOf({}, { op: 2, actor: 'b2' })]
      const verdict = verdictOn({ unit, write: second, frontier: [first], unseen: [first], isBreach: false })
      expect(verdict).toMatchObject({ outcome: 'applied', agrees: true, displaced: [] })
    }
  })

  test('C4: a critical field holds what differs, against every write in force', () => {
    const [first, second] = [writeOf({ value: 'flu' }), writeOf({ value: 'flu' }, { op: 2 })]
    const write = writeOf({ value: 'covid' }, { op: 3 })
    const frontier = [first, second]
    const verdict = verdictOn({
      unit: unitWith({ critical: HELD }),
      write,
      frontier,
      unseen: frontier,
      isBreach: false,
    })
    expect(verdict).toEqual({ outcome: 'held', against: [first, second] })
  })

  test('a write that loses on arrival is superseded, and displaces nothing', () => {
    const [first, late] = [
      writeOf({ value: 'new' }, { time: 9 }),
      writeOf({ value: 'old' }, { time: 1, op: 2 }),
    ]
    const verdict = verdictOn({
      unit: unitWith({ lww: 'edited' }),
      write: late,
      frontier: [first],
      unseen: [first],
      isBreach: false,
    })
    expect(verdict).toMatchObject({
      outcome: 'superseded',
      displaced: [],
      winner: first,
      frontier: [first, late],
    })
  })

  test('what was overridden with sight may win over who overrode it and a third who saw neither', () => {
    const unit = unitWith({ lww: 'edited' })
    const loser = writeOf({ value: 'x' }, { time: 5, actor: 'x' })
    const shown = writeOf({ value: 'm' }, { time: 9, actor: 'm' })
    // Saw `shown`, not `loser`, and was edited by a slow clock.
    const write = writeOf({ value: 'w' }, { time: 3, actor: 'w' })
    const verdict = verdictOn({ unit, write, frontier: [loser, shown], unseen: [loser], isBreach: false })
    expect(verdict).toMatchObject({ outcome: 'superseded', winner: loser, displaced: [] })
  })

  test('increments add up, a reset beside one is held', () => {
    const unit = unitWith({ kind: 'counter' })
    const sold = writeOf({ operation: 'increment', value: -1 })
    const more = writeOf({ operation: 'increment', value: -2 }, { op: 2 })
    const reset = writeOf({ operation: 'set', value: 10 }, { op: 3 })
    const weigh = (write: RankedWrite, isBreach = false) =>
      verdictOn({ unit, write, frontier: [sold], unseen: [sold], isBreach })
    expect(weigh(more)).toMatchObject({ outcome: 'merged', frontier: [sold, more] })
    expect(weigh(reset)).toEqual({ outcome: 'held', against: [sold] })
    expect(weigh(more, true)).toEqual({ outcome: 'held', against: [sold] })
  })

  test('C3: replaying the same arrivals gives the same frontier; a write that arrives twice changes nothing', () => {
    const unit = unitWith({ lww: 'edited', prefer: { source: 'metadata.source', order: ['mobile'] } })
    fc.assert(
      fc.property(anyWrites(['a', 'b', null]), (writes) => {
        const once = arrive(unit, writes)
        expect(arrive(unit, writes)).toEqual(once)
        expect(new Set(arrive(unit, [...writes, ...writes]))).toEqual(new Set(once))
      }),
    )
  })
})
