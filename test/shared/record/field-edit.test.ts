// What an edit took out and put in, and what carrying it out once more gives.
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { applyOps } from '../../../shared/policies/apply-op.ts'
import { editBetween, opsOfEdit } from '../../../shared/record/field-edit.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const things = collectionSpec({ tags: s.set(s.string()), steps: s.list(s.json()), prices: s.map(s.json()) })

const word = fc.constantFrom('a', 'b', 'c', '10', '9', 'Ä', '__proto__')
const value: fc.Arbitrary<Json> = fc.oneof(word, fc.integer({ min: 0, max: 3 }), fc.constant({ a: [1] }))
const tags = fc.uniqueArray(word).map((items) => [...items].sort())
const steps = fc.array(value, { maxLength: 6 })
const prices: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(fc.tuple(word, value), { selector: ([name]) => name })
  .map((members) => Object.fromEntries(members))

const again = (field: 'tags' | 'prices', before: Json, after: Json, on: Json): Json | undefined => {
  const spec = things.fields.get(field)
  if (spec === undefined) throw new Error('no such field')
  const ops = opsOfEdit(field, editBetween(spec, before, after))
  return applyOps(things, { [field]: on }, ops)[field]
}

describe('S6: an edit tells what its author took out and put in', () => {
  it('of a set and of a map: carried out once more on what was there, it gives what it gave', () => {
    fc.assert(
      fc.property(tags, tags, (before, after) => {
        expect(again('tags', before, after, before)).toEqual(after)
      }),
    )
    fc.assert(
      fc.property(prices, prices, (before, after) => {
        expect(again('prices', before, after, before)).toEqual(after)
      }),
    )
  })

  it('of a set and of a map: carried out once more on what it gave, it changes nothing', () => {
    fc.assert(
      fc.property(
        tags,
        tags,
        (before, after) => void expect(again('tags', before, after, after)).toEqual(after),
      ),
    )
    fc.assert(
      fc.property(prices, prices, (before, after) => {
        expect(again('prices', before, after, after)).toEqual(after)
      }),
    )
  })

  it('of a list: what it took out lies in one place, and what it put in stands there', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const { removed, added } = editBetween({ kind: 'list' }, before, after) as {
          removed: readonly Json[]
          added: readonly Json[]
        }
        const places = Array.from({ length: before.length - removed.length + 1 }, (_, at) => [
          ...before.slice(0, at),
          ...added,
          ...before.slice(at + removed.length),
        ])
        expect(places).toContainEqual(after)
        expect(removed.length === 0 || added.length === 0 || removed[0] !== added[0]).toBe(true)
      }),
    )
  })

  it('of what has not changed: nothing', () => {
    expect(opsOfEdit('tags', editBetween({ kind: 'set' }, ['a'], ['a']))).toEqual([])
    expect(opsOfEdit('steps', editBetween({ kind: 'list' }, ['a'], ['a']))).toEqual([])
    expect(opsOfEdit('prices', editBetween({ kind: 'map' }, { a: [1] }, { a: [1] }))).toEqual([])
  })

  it('a member that got another value is in both parts', () => {
    expect(editBetween({ kind: 'map' }, { a: 1, b: 2, c: 3 }, { a: 1, b: 4, d: 5 })).toEqual({
      removed: { b: 2, c: 3 },
      added: { b: 4, d: 5 },
    })
  })
})
