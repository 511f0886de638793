// S8: a collection as text, whatever its fields will learn to hold.
import fc from 'fast-check'
import { collection, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import {
  completeCollection,
  decodeCollection,
  digestOf,
  encodeCollection,
} from '../../../shared/schema/collection-definition.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$map', '$set', '$object', '$number')),
      tie('value'),
      {
        maxKeys: 3,
        noNullPrototype: true,
      },
    ),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.uniqueArray(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value

/** A collection whose fields have members that nobody has thought of yet. */
const withFields = (fields: readonly (readonly [string, unknown])[]): CollectionSpec =>
  ({ name: 'things', fields: new Map(fields), texts: ['notes'] }) as unknown as CollectionSpec

const collections = fc
  .uniqueArray(fc.tuple(fc.string(), data), { selector: ([name]) => name, maxLength: 4 })
  .map(withFields)

describe('encodeCollection', () => {
  it('S8: what is decoded is what was encoded, maps in their order', () => {
    fc.assert(
      fc.property(collections, (spec) => {
        const decoded = decodeCollection(encodeCollection(spec))
        expect(decoded).toEqual(spec)
        expect([...decoded.fields.keys()]).toEqual([...spec.fields.keys()])
        expect(encodeCollection(decoded)).toBe(encodeCollection(spec))
        expect(digestOf(decoded)).toBe(digestOf(spec))
      }),
    )
  })

  it('S8: members of objects may stand in any order, fields may not', () => {
    const [a, b] = [
      { kind: 'string', critical: null },
      { critical: null, kind: 'string' },
    ]
    expect(encodeCollection(withFields([['x', a]]))).toBe(encodeCollection(withFields([['x', b]])))
    const [xy, yx] = [
      withFields([
        ['x', a],
        ['y', a],
      ]),
      withFields([
        ['y', a],
        ['x', a],
      ]),
    ]
    expect(digestOf(xy)).not.toBe(digestOf(yx))
  })

  it('S8: functions and undefined members are left out, anywhere', () => {
    const spec = withFields([
      [
        'x',
        { kind: 'string', writable: () => true, default: undefined, rule: { check: () => false, by: 'a' } },
      ],
    ])
    expect(decodeCollection(encodeCollection(spec))).toEqual(
      withFields([['x', { kind: 'string', rule: { by: 'a' } }]]),
    )
  })

  it('S8: a declared collection survives, and each part of a declaration counts', () => {
    const spec = collectionSpec({
      dose: s.number().critical({ resolvers: ['doctor'] }),
      tags: s.set(s.string()),
    })
    expect(completeCollection(decodeCollection(encodeCollection(spec)))).toEqual(spec)
    const digests = [
      spec,
      collectionSpec({ dose: s.number().critical(), tags: s.set(s.string()) }),
      collectionSpec({ dose: s.number(), tags: s.set(s.string()) }),
      collectionSpec({ dose: s.number(), tags: s.list(s.string()) }),
      collectionSpec({ dose: s.number().default(1), tags: s.list(s.string()) }),
      collectionSpec({ dose: s.number().default(1), tags: s.list(s.string()) }, 'others'),
    ].map(digestOf)
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('S8: access rules are no part of it, so a change of them judges no history anew', () => {
    const open = collectionSpec({ name: s.string(), notes: s.text() })
    const ruled = collectionSpec(
      collection(
        {
          name: s.string().access({ read: ['doctor'], write: ({ actor }) => actor.device !== null }),
          notes: s.text(),
        },
        { access: { read: ['nurse', 'doctor'], resolve: [] } },
      ),
    )
    expect(ruled.access.fields.get('name')?.read).toEqual(['doctor'])
    expect(encodeCollection(ruled)).toBe(encodeCollection(open))
  })

  it.each(['', '{', '1', '{}', '{"name":"a"}', '{"fields":[],"name":"a","texts":[]}', '{"$map":1}'])(
    'S8: what is no definition is refused: %s',
    (text) => {
      expect(() => decodeCollection(text)).toThrow(RangeError)
    },
  )
})
