// Which of the writes that nobody has seen and replaced is in force: the policies that rank, as laws.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { winnerOf } from '../../../shared/policies/winner.ts'
import { anyWrites, shuffled, unitWith, writeOf } from './ranked-writes.ts'

const STATES = ['pending', 'processing', 'shipped']
const transitions = { pending: ['processing'], processing: ['shipped'], shipped: [] }
const preference = { source: 'metadata.source', order: ['mobile', 'web'] } as const

describe('a winner', () => {
  test.each([
    ['lww by edit time', unitWith({ lww: 'edited' })],
    ["lww by Automerge's order", unitWith({ lww: 'causal' })],
    ['a preference, then edit time', unitWith({ prefer: preference, lww: 'edited' })],
    ['states', unitWith({ kind: 'enum', values: STATES, transitions, lww: 'causal' })],
    [
      'states, then a preference',
      unitWith({ kind: 'enum', values: STATES, transitions, prefer: preference, lww: 'edited' }),
    ],
  ])('C3: does not depend on the order of arrival: %s', (_name, unit) => {
    const cases = anyWrites([...STATES, null]).chain((writes) =>
      fc.tuple(fc.constant(writes), shuffled(writes)),
    )
    fc.assert(
      fc.property(cases, ([writes, other]) => {
        expect(winnerOf(unit, other)).toBe(winnerOf(unit, writes))
      }),
    )
  })

  test('deletes: of "is deleted" and "is not", the policy says which, in any order', () => {
    const cases = anyWrites([true, false]).chain((writes) => fc.tuple(fc.constant(writes), shuffled(writes)))
    fc.assert(
      fc.property(cases, ([writes, other]) => {
        const values = writes.map(({ side }) => side.value)
        const deleteWins = winnerOf(unitWith({ kind: 'boolean' }, 'delete-wins'), other)?.side.value
        const updateWins = winnerOf(unitWith({ kind: 'boolean' }, 'update-wins'), other)?.side.value
        expect(deleteWins).toBe(values.includes(true))
        expect(updateWins).toBe(!values.includes(false))
      }),
    )
  })

  test('by receipt, the one committed last wins', () => {
    fc.assert(
      fc.property(anyWrites(['a', 'b']), (writes) => {
        expect(winnerOf(unitWith({}), writes)).toBe(writes.at(-1))
      }),
    )
  })

  test('of an immutable field the one committed first stays', () => {
    fc.assert(
      fc.property(anyWrites(['a', 'b']), (writes) => {
        expect(winnerOf(unitWith({ immutable: true }), writes)).toBe(writes[0])
      }),
    )
  })

  test('is one of the writes, and no other in the set outranks it when the two are alone', () => {
    const unit = unitWith({ prefer: preference, lww: 'edited' })
    fc.assert(
      fc.property(anyWrites(['a', 'b', null]), (writes) => {
        const winner = winnerOf(unit, writes)
        expect(winner).toBeDefined()
        if (winner === undefined) return
        for (const other of writes) expect(winnerOf(unit, [other, winner])).toBe(winner)
      }),
    )
  })
})

describe('sources', () => {
  const beats = (
    unit: ReturnType<typeof unitWith>,
    a: ReturnType<typeof writeOf>,
    b: ReturnType<typeof writeOf>,
  ) => winnerOf(unit, [a, b]) === a && winnerOf(unit, [b, a]) === a

  test('P12: mobile trumps web, and what is not listed comes last', () => {
    const unit = unitWith({ prefer: preference })
    const from = (source: string) => writeOf({ metadata: { source } })
    expect(beats(unit, from('mobile'), from('web'))).toBe(true)
    expect(beats(unit, from('web'), from('fridge'))).toBe(true)
    expect(beats(unit, from('web'), writeOf())).toBe(true)
  })

  test('P12: the best of several roles counts', () => {
    const unit = unitWith({ prefer: { source: 'role', order: ['doctor', 'nurse'] } })
    const as = (...roles: string[]) => writeOf({ roles })
    expect(beats(unit, as('clerk', 'doctor'), as('nurse'))).toBe(true)
    expect(beats(unit, as('nurse'), as('clerk'))).toBe(true)
  })

  test.each([
    ['device', writeOf({ device: 'tablet' }), writeOf({ device: 'kiosk' }), ['tablet']],
    ['door', writeOf({ door: 'upload' }), writeOf({ door: 'rest' }), ['upload']],
    ['author', writeOf({ author: 'bob' }), writeOf({ author: 'ada' }), ['bob', 'ada']],
  ] as const)('P12: prefers by %s', (source, preferred, other, order) => {
    expect(beats(unitWith({ prefer: { source, order } }), preferred, other)).toBe(true)
  })
})
