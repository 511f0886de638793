// Layered maps against plain maps that are copied each time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LayeredMap } from '../../../server/plan/layered-map.ts'

/** Of one version, what is set and deleted in it. */
const version = fc.array(fc.record({ key: fc.nat(40).map((n) => `k${n}`), value: fc.option(fc.nat(9)) }), {
  maxLength: 20,
})
const started = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), fc.nat(9)), {
  selector: ([key]) => key,
  maxLength: 60,
})

describe('a map that many versions share', () => {
  it('holds in every version what was set there, in the order of a Map, whatever came of it later', () => {
    fc.assert(
      fc.property(started, fc.array(version, { maxLength: 30 }), (entries, versions) => {
        const made: (readonly [LayeredMap<string, number>, ReadonlyMap<string, number>])[] = [
          [LayeredMap.of(entries), new Map(entries)],
        ]
        for (const steps of versions) {
          const [before, known] = made.at(-1) ?? expect.fail()
          const map = before.fork()
          const expected = new Map(known)
          for (const { key, value } of steps) {
            if (value === null) expect(map.delete(key)).toBe(expected.delete(key))
            else map.set(key, value)
            if (value !== null) expected.set(key, value)
            expect([map.get(key), map.has(key)]).toEqual([expected.get(key), expected.has(key)])
          }
          made.push([map, expected])
        }
        for (const [map, expected] of made) {
          expect([...map]).toEqual([...expected])
          expect([...map.keys()]).toEqual([...expected.keys()])
          expect([...map.values()]).toEqual([...expected.values()])
          expect(map.size).toBe(expected.size)
        }
      }),
    )
  })

  it('may be written to after it was forked, without its forks', () => {
    const first = LayeredMap.of([['a', 1]])
    const second = first.fork()
    first.set('a', 2)
    second.set('b', 3)
    expect([[...first], [...second]]).toEqual([
      [['a', 2]],
      [
        ['a', 1],
        ['b', 3],
      ],
    ])
  })
})
