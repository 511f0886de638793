// R1, R2 and version tokens.
import * as Automerge from '@automerge/automerge'
import { isValidAutomergeUrl } from '@automerge/automerge-repo'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { genesisOf } from '../../../shared/record/genesis.ts'
import { isRecordId } from '../../../shared/record/record-id.ts'
import { automergeUrlOf, documentIdOf } from '../../../shared/record/record-key.ts'
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
          "bb42f2e5abeb40b3bdfe0500e4a453d8a73880abc36b11bc6c149b7bcc422714",
        ],
        [
          "map",
          "14757886f0f6b155b1d0e1973a06269467647e91e482eac815a8aaaae1a8d9fe",
        ],
        [
          "steps",
          "523505207063f8e73d406fb47b222d9e73a5afff5e30706444e896ceec8a0f0d",
        ],
        [
          "stock",
          "4f1d83e76b31fa4784fc84e8d9f5fc14fe5be32e1297eec469bc9a102b66bd6c",
        ],
        [
          "tags",
          "66672e7bcf3e3090de5d1422ef28e7929da3c3aff16ec321b53efaacbaf8604a",
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
