// R1, R2 and version tokens.
import * as Automerge from '@automerge/automerge'
import { isValidAutomergeUrl } from '@automerge/automerge-repo'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { genesisOf } from '../../../shared/record/genesis.ts'
import { automergeUrlOf, documentIdOf, isRecordId } from '../../../shared/record/record-key.ts'
import { decodeVersion, encodeVersion } from '../../../shared/record/version.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const spec = collectionSpec({
  title: s.string(),
  stock: s.counter(),
  tags: s.set(s.string()),
  steps: s.list(s.string()),
  map: s.map(s.number()),
  body: s.text(),
})
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('genesis', () => {
  it('R2: is the same bytes for the same record, and another for another', () => {
    const [a, b] = [
      genesisOf({ collection: 'things', id: '1' }, spec),
      genesisOf({ collection: 'things', id: '1' }, spec),
    ]
    expect(a.map(({ bytes }) => hex(bytes))).toEqual(b.map(({ bytes }) => hex(bytes)))
    expect(genesisOf({ collection: 'things', id: '2' }, spec)[0]?.hash).not.toBe(a[0]?.hash)
    // Pinned: existing records of every installation begin with these bytes.
    expect(a.map(({ field, hash }) => [field, hash])).toMatchInlineSnapshot(`
      [
        [
          null,
          "34f0674cb579af8b2774638b0d2f7ccef1f6d7d07cf4003e91ca57ae029c3d2e",
        ],
        [
          "map",
          "48b46d76aecd6ad2cbd9f0d4c3a6037efcda364a37075995b72a93b71771fee3",
        ],
        [
          "steps",
          "7fd75dc9f50faf9f38319f56a08b4843654947036ee3f0c51cf435eec6b10d43",
        ],
        [
          "stock",
          "5f5884472dd1484d889d3c209059e5e378fa4716823bc96b2aa44cad791bf1b5",
        ],
        [
          "tags",
          "88b6b70bf05bfa60f4fabce6a32859d7aaa672d7048f78ee875f98413b186ac8",
        ],
      ]
    `)
  })

  it('R2: a field declared later adds its change and alters none', () => {
    const later = collectionSpec({
      title: s.string(),
      stock: s.counter(),
      tags: s.set(s.string()),
      steps: s.list(s.string()),
      map: s.map(s.number()),
      extra: s.counter(),
      body: s.text(),
    })
    const before = genesisOf({ collection: 'things', id: '1' }, spec).map(({ hash }) => hash)
    const after = genesisOf({ collection: 'things', id: '1' }, later).map(({ hash }) => hash)
    expect(after.filter((hash) => !before.includes(hash))).toHaveLength(1)
    expect(before.every((hash) => after.includes(hash))).toBe(true)
  })

  it('R2: applies as one document, also with the longest names', () => {
    const key = { collection: 'things', id: 'ü'.repeat(128) }
    const changes = genesisOf(key, spec)
    const [doc] = Automerge.applyChanges(
      Automerge.init<Record<string, unknown>>(),
      changes.map(({ bytes }) => bytes),
    )
    expect(String(doc._id)).toBe(key.id)
    expect(doc).toMatchObject({ tags: {}, steps: [], map: {} })
    expect((doc.stock as Automerge.Counter).value).toBe(0)
    for (const { hash } of changes) expect(Automerge.hasHeads(doc, [hash])).toBe(true)
  })

  it('R1: the document id derives from tenant, collection and id, and is a valid automerge URL', () => {
    const key = { tenant: 'default', collection: 'things', id: '1' }
    expect(documentIdOf(key)).toMatchInlineSnapshot(`"2ChgsUnuX1wt8UnNXcdCecKjBuCH"`)
    expect(isValidAutomergeUrl(automergeUrlOf(key))).toBe(true)
    for (const other of [
      { ...key, tenant: 'x' },
      { ...key, collection: 'x' },
      { ...key, id: '2' },
    ])
      expect(documentIdOf(other)).not.toBe(documentIdOf(key))
  })

  it.each([
    ['', false],
    ['a/b', false],
    ['..', false],
    ['a\u0000b', false],
    ['x'.repeat(129), false],
    ['P-1', true],
    ['ünï', true],
  ])('record id %j: %s', (id, isValid) => {
    expect(isRecordId(id)).toBe(isValid)
  })
})

describe('version tokens', () => {
  it('round trip, whatever the order of heads', () => {
    const head = fc.stringMatching(/^[0-9a-f]{64}$/)
    fc.assert(
      fc.property(fc.uniqueArray(head, { maxLength: 5 }), fc.nat(), (heads, textVersion) => {
        const token = encodeVersion({ heads, textVersion })
        expect(encodeVersion({ heads: [...heads].reverse(), textVersion })).toBe(token)
        expect(decodeVersion(token)).toEqual({ heads: [...heads].sort(), textVersion })
      }),
    )
  })

  it('a string that no server made is refused, and never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeVersion(`${text}.`)).toBeNull()
      }),
    )
    for (const text of ['', 'abc', 'abc.0', 'A.0', 'AAAAA.1', '.', '*', '"x"', 'A.zzzzzzzzzzzz'])
      expect(decodeVersion(text)).toBeNull()
  })
})
