// The layered slots of a map against plain maps that are copied each time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Slots } from '../../../server/plan/slots.ts'

/** Of one version, what is set and deleted in it. */
const version = fc.array(fc.record({ key: fc.nat(300).map((n) => `k${n}`), counter: fc.option(fc.nat(9)) }), {
  maxLength: 40,
})

const opsOf = (counter: number) => [
  { counter, actor: 'aa', action: 'set', datatype: null, value: counter, added: 0 },
]

const told = (slots: Iterable<readonly [string, unknown]>): unknown =>
  [...slots].sort(([a], [b]) => (a < b ? -1 : 1))

describe('the slots of a map', () => {
  it('hold in every version what was set there, whatever came of it later', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 12 }), (versions) => {
        const made: (readonly [Slots, ReadonlyMap<string, ReturnType<typeof opsOf>>])[] = [
          [new Slots(), new Map()],
        ]
        for (const steps of versions) {
          const [before, known] = made.at(-1) ?? expect.fail()
          const slots = before.fork()
          const expected = new Map(known)
          for (const { key, counter } of steps) {
            if (counter === null) slots.delete(key)
            else slots.set(key, opsOf(counter))
            if (counter === null) expected.delete(key)
            else expected.set(key, opsOf(counter))
            expect(slots.get(key)).toEqual(expected.get(key))
          }
          made.push([slots, expected])
        }
        for (const [slots, expected] of made) expect(told(slots)).toEqual(told(expected))
      }),
    )
  })
})
