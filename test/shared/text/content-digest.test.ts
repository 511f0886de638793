// K15: replicas that have seen the same have the same digest, however they came to it; others have another.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { contentDigest } from '../../../shared/text/content-digest.ts'

interface Edit {
  readonly who: number
  readonly kind: 'insert' | 'delete' | 'bold' | 'plain' | 'element' | 'attribute'
  readonly at: number
  readonly length: number
}

const edits = fc.array(
  fc.record({
    who: fc.nat(2),
    kind: fc.constantFrom('insert', 'insert', 'delete', 'bold', 'plain', 'element', 'attribute'),
    at: fc.nat(100),
    length: fc.integer({ min: 1, max: 8 }),
  }) satisfies fc.Arbitrary<Edit>,
  { maxLength: 40 },
)

const PARAGRAPHS = ['p', 'h1'] as const

function make(doc: Y.Doc, { kind, at, length }: Edit): void {
  const text = doc.getText('notes')
  const nodes = doc.getXmlFragment('body')
  const from = Math.min(at, text.length)
  const count = Math.min(length, text.length - from)
  const node = nodes.length === 0 ? null : nodes.get(at % nodes.length)
  if (kind === 'insert') text.insert(from, 'abcdefgh'.slice(0, length))
  else if (kind === 'element') nodes.insert(at % (nodes.length + 1), [new Y.XmlElement(PARAGRAPHS[at % 2])])
  else if (kind === 'attribute' && node instanceof Y.XmlElement) node.setAttribute(`a${at % 3}`, `${length}`)
  else if (kind === 'delete') text.delete(from, count)
  else if (kind === 'bold' || kind === 'plain')
    text.format(from, count, { bold: kind === 'bold' ? true : null })
}

function copyOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** What the texts show, by the library's own reading. */
const shown = (doc: Y.Doc): string =>
  JSON.stringify([doc.getText('notes').toDelta(), doc.getXmlFragment('body').toString()])

/** What the three typed, each by himself, as updates. */
function typed(made: readonly Edit[]): readonly Uint8Array[] {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()] as const
  const updates: Uint8Array[] = []
  for (const doc of docs) doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const edit of made) make(docs[edit.who] ?? docs[0], edit)
  return updates
}

describe('K15: the digest of a text', () => {
  test('is the same for replicas that have seen the same, in any order and in any pieces', () => {
    fc.assert(
      fc.property(edits, (made) => {
        const updates = typed(made)
        const merged = updates.length === 0 ? [] : [Y.mergeUpdates([...updates])]
        const replicas = [updates, [...updates].reverse(), merged].map(copyOf)
        // Each tidies up formats that it was told of, which is an edit that the others have to see.
        for (let round = 0; round < 3; round++)
          for (const from of replicas)
            for (const to of replicas) Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
        expect(new Set(replicas.map(contentDigest)).size).toBe(1)
      }),
    )
  })

  test('differs where what is shown differs, and only there', () => {
    fc.assert(
      fc.property(edits, edits, (some, others) => {
        const [a, b] = [copyOf(typed(some)), copyOf(typed(others))]
        expect(contentDigest(a) === contentDigest(b)).toBe(shown(a) === shown(b))
      }),
    )
  })

  test('differs by one letter that is wrong in memory', () => {
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'as it was typed')
    const [before, update] = [contentDigest(doc), Y.encodeStateAsUpdate(doc)]
    expect(contentDigest(copyOf([update]))).toBe(before)
    const { _start: item } = doc.getText('notes')
    if (item?.content instanceof Y.ContentString) item.content.str = 'as it was tYped'
    expect(contentDigest(doc)).not.toBe(before)
  })

  test('is not moved by a root that nobody has written, or by formats that cover nothing', () => {
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'plain')
    const before = contentDigest(doc)
    doc.getXmlFragment('body')
    doc.getText('notes').format(0, 5, { bold: true })
    expect(contentDigest(doc)).not.toBe(before)
    doc.getText('notes').format(0, 5, { bold: null })
    expect(contentDigest(doc)).toBe(before)
  })
})
