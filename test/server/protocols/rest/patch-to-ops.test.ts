import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patchToOps } from '../../../../server/protocols/rest/patch-to-ops.ts'
import type { JsonObject } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import { checkSchema } from '../../../../shared/schema/check-schema.ts'
import { config } from './rest-bench.ts'

const checked = checkSchema(config)
const patients = checked.ok ? checked.schema.get('patients') : undefined
if (patients === undefined) throw new Error('no schema')

const opsOf = (patch: JsonObject): unknown => {
  const result = patchToOps(patients, patch)
  return result.ok ? result.ops : result.error.message
}

describe('a JSON merge patch (RFC 7396) of fields', () => {
  test('a value replaces, null clears', () => {
    expect(opsOf({ name: 'Ada', heartRate: null, allergies: ['nuts'] })).toEqual([
      { type: 'set', field: 'name', value: 'Ada' },
      { type: 'set', field: 'heartRate', value: null },
      { type: 'set', field: 'allergies', value: ['nuts'] },
    ])
  })

  test('$increment adds to a counter', () => {
    expect(opsOf({ visits: { $increment: -2 } })).toEqual([
      { type: 'increment', field: 'visits', amount: -2 },
    ])
  })

  test('$remove comes before $add, whatever their order', () => {
    const ops = [
      { type: 'remove', field: 'allergies', items: ['a'] },
      { type: 'add', field: 'allergies', items: ['b'] },
    ]
    expect(opsOf({ allergies: { $add: ['b'], $remove: ['a'] } })).toEqual(ops)
    expect(opsOf({ allergies: { $remove: ['a'], $add: ['b'] } })).toEqual(ops)
  })

  test('an object merges into a map, and replaces a json value whole', () => {
    expect(opsOf({ contacts: { mum: '1', dad: null, $add: 'x' } })).toEqual([
      { type: 'merge', field: 'contacts', members: { mum: '1', dad: null, $add: 'x' } },
    ])
    expect(opsOf({ vitals: { $increment: 1 } })).toEqual([
      { type: 'set', field: 'vitals', value: { $increment: 1 } },
    ])
  })

  test.each([
    [{ visits: { $increment: '1' } }, 'visits.$increment takes a number'],
    [{ allergies: { $add: 'nuts' } }, 'allergies.$add takes an array'],
    [{ visits: { $multiply: 2 } }, 'visits.$multiply is no operator; there are $increment, $add and $remove'],
    [
      { visits: { $increment: 1, by: 2 } },
      'visits.by is no operator; there are $increment, $add and $remove',
    ],
    [{ nobody: { $push: 2 } }, 'nobody.$push is no operator; there are $increment, $add and $remove'],
  ])('refuses %j by the name of the member', (patch, message) => {
    expect(opsOf(patch)).toBe(message)
  })
})

const anyPatch = fc.dictionary(
  fc.oneof(fc.constantFrom(...patients.fields.keys(), 'notes', '__proto__', 'constructor'), fc.string()),
  fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom('$increment', '$add', '$remove', '$x', 'a'), fc.jsonValue()),
  ),
)

test('reads any patch: every member becomes operations on its own field, in order, or is named as wrong', () => {
  fc.assert(
    fc.property(anyPatch, (patch) => {
      const result = patchToOps(patients, patch as JsonObject)
      const members = Object.keys(patch)
      if (!result.ok) {
        expect(members.some((member) => result.error.message.startsWith(`${member}.`))).toBe(true)
        return
      }
      expect([...new Set(result.ops.map(({ field }) => field))]).toEqual(members)
    }),
  )
})

test('what holds no operator and no map is set as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!isJsonObject(value) || Object.keys(value).every((key) => !key.startsWith('$')))
      const json = value as JsonObject
      expect(opsOf({ name: json })).toEqual([{ type: 'set', field: 'name', value: json }])
    }),
  )
})
