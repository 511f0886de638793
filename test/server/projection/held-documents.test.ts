import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { HeldDocuments } from '../../../server/projection/held-documents.ts'

const of = (version: number, bytes = 1) => ({ doc: new Y.Doc(), version, bytes })

test('a document is given to who knows its version, and once', () => {
  const held = new HeldDocuments(() => 0)
  const document = of(4)
  held.keep('a', document)
  expect(held.take('b', 4)).toBeNull()
  expect(held.take('a', 4)?.doc).toBe(document.doc)
  expect(held.take('a', 4)).toBeNull()
  held.keep('a', document)
  expect(held.take('a', 5)).toBeNull()
  expect(held.take('a', 4)).toBeNull()
})

test('beyond the bound the one kept longest ago goes', () => {
  const held = new HeldDocuments(() => 0, 3 * 10_000)
  for (const name of ['a', 'b', 'a', 'c', 'd']) held.keep(name, of(1, 5_904))
  expect(['a', 'b', 'c', 'd'].filter((name) => held.take(name, 1) !== null)).toEqual(['a', 'c', 'd'])
  held.keep('large', of(1, 40_000))
  expect(held.take('large', 1)).toBeNull()
})

test('those that nobody writes any more go', () => {
  let now = 0
  const held = new HeldDocuments(() => now)
  held.keep('a', of(1))
  now = 6_000
  held.keep('b', of(1))
  now = 11_000
  held.dropIdle()
  expect(held.take('a', 1)).toBeNull()
  expect(held.take('b', 1)).not.toBeNull()
})
