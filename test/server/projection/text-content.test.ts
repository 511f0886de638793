import { yDocToProsemirrorJSON } from '@tiptap/y-tiptap'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readText } from '../../../server/projection/text-content.ts'
import type { TextMark, TextNode } from '../../../server/projection/text-structure.ts'
import { parseStructure } from '../../../server/projection/text-structure.ts'
import { item, paragraph, text } from './text-nodes.ts'
import { editorJson, nodeOf, normalized, received, tiptapContent, tiptapDoc } from './tiptap-document.ts'

const nodesOf = (doc: Y.Doc, name = 'notes'): readonly TextNode[] => {
  const parsed = parseStructure(readText(doc, name).structure)
  if (parsed.shape !== 'nodes') throw new Error('expected nodes')
  return parsed.nodes
}

describe('an XmlFragment', () => {
  test('S1: its structure is the JSON of the editor', () => {
    const content = [
      { type: 'heading', attrs: { level: 2 }, content: [text('Anamnesis')] },
      paragraph(text('a '), text('bold', 'bold'), text(' word'), { type: 'hardBreak' }, text('next')),
      { type: 'codeBlock', attrs: { language: 'ts' }, content: [text('let a\nlet b')] },
      {
        type: 'orderedList',
        attrs: { start: 3 },
        content: [{ type: 'listItem', content: [paragraph(text('x'))] }],
      },
      { type: 'horizontalRule' },
      { type: 'paragraph' },
    ]
    const read = readText(tiptapDoc(content), 'notes')
    expect(read.structure).toEqual(content)
    expect(read.plain).toBe('Anamnesis\na bold word\nnext\nlet a\nlet b\nx\n')
  })

  test('S1: every document of the StarterKit comes back as the editor has it', () => {
    fc.assert(
      fc.property(tiptapContent, (content) => {
        const node = nodeOf(content)
        const { structure } = readText(tiptapDoc(content), 'notes')
        expect(normalized(structure as TextNode[])).toEqual(editorJson(node))
        expect(nodeOf(structure as TextNode[]).eq(node)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('S1: it is what the binding itself reads, without its empty members', () => {
    const content = [paragraph(text('plain '), text('both', 'bold', 'italic')), { type: 'paragraph' }]
    const doc = tiptapDoc(content)
    const { structure } = readText(doc, 'notes')
    const theirs: unknown = yDocToProsemirrorJSON(doc, 'notes').content
    expect(JSON.parse(JSON.stringify(theirs).replaceAll(',"attrs":{}', ''))).toEqual(structure)
  })

  test('marks of one type that overlap lose the hash that tells them apart', () => {
    const comment = (id: number): TextMark => ({ type: 'comment', attrs: { id } })
    const content = [paragraph(text('twice', comment(1), comment(2)))]
    const [node] = nodesOf(tiptapDoc(content))
    const marks = node?.content?.[0]?.marks ?? []
    expect([...marks].sort((a, b) => Number(a.attrs?.id) - Number(b.attrs?.id))).toEqual([
      comment(1),
      comment(2),
    ])
  })

  test('a list item, a quote and a nested list are one line for each paragraph', () => {
    const content = [
      {
        type: 'bulletList',
        content: [item(paragraph(text('a')), { type: 'bulletList', content: [item(paragraph(text('b')))] })],
      },
      { type: 'blockquote', content: [paragraph(text('c')), paragraph(text('d'))] },
    ]
    expect(readText(tiptapDoc(content), 'notes').plain).toBe('a\nb\nc\nd')
  })

  test('an inline node of unknown name does not break its line, a block does', () => {
    const doc = new Y.Doc()
    const fragment = doc.getXmlFragment('notes')
    const [block, mention] = [new Y.XmlElement('fancyBlock'), new Y.XmlElement('mention')]
    fragment.insert(0, [block, new Y.XmlElement('paragraph')])
    block.insert(0, [new Y.XmlText('ask '), mention, new Y.XmlText(' now')])
    mention.insert(0, [new Y.XmlText('@ada')])
    expect(readText(received(doc), 'notes').plain).toBe('ask @ada now\n')
  })
})

describe('a Y.Text', () => {
  test('R6: plain text is the exact string, structure a delta', () => {
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'line 1\n\n  line 3\r\n')
    expect(readText(received(doc), 'notes')).toEqual({
      plain: 'line 1\n\n  line 3\r\n',
      structure: [{ insert: 'line 1\n\n  line 3\r\n' }],
    })
  })

  test('R6: an embed is U+FFFC in the plain text, so that positions agree', () => {
    const doc = new Y.Doc()
    const shared = doc.getText('notes')
    shared.insert(0, 'ab')
    shared.insertEmbed(1, { image: 'https://example.org/x.png' }, { width: 3 })
    shared.format(2, 1, { bold: true })
    const read = readText(received(doc), 'notes')
    expect(read.plain).toBe('a\ufffcb')
    expect(read.plain).toHaveLength(shared.length)
    expect(read.structure).toEqual([
      { insert: 'a' },
      { insert: { image: 'https://example.org/x.png' }, attributes: { width: 3 } },
      { insert: 'b', attributes: { bold: true } },
    ])
  })

  test('R6: the structure is what toDelta gives, after any edits', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        const doc = new Y.Doc()
        for (const apply of edits) apply(doc.getText('notes'))
        const read = readText(received(doc), 'notes')
        const delta = doc.getText('notes').toDelta() as { insert: string; attributes?: object }[]
        expect(expanded(read.structure as typeof delta)).toEqual(expanded(delta))
        expect(read.plain).toBe(doc.getText('notes').toString())
      }),
    )
  })
})

type Edit = (text: Y.Text) => void
const position = fc.nat({ max: 30 })
const attributes = fc.dictionary(fc.constantFrom('bold', 'italic', 'link'), fc.constantFrom(true, null, 'x'))
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(position, fc.string({ minLength: 1, maxLength: 5 }), attributes).map(
    ([at, string, format]): Edit =>
      (text) =>
        text.insert(Math.min(at, text.length), string, format),
  ),
  fc.tuple(position, position).map(
    ([at, length]): Edit =>
      (text) =>
        at < text.length && text.delete(at, Math.min(length, text.length - at)),
  ),
  fc.tuple(position, position, attributes).map(
    ([at, length, format]): Edit =>
      (text) =>
        at < text.length && text.format(at, Math.min(length, text.length - at), format),
  ),
)

/** Each character with its format, however the runs are cut. */
const expanded = (delta: readonly { insert: string; attributes?: object }[]): readonly unknown[] =>
  delta.flatMap(({ insert, attributes = {} }) => insert.split('').map((character) => [character, attributes]))

describe('any root', () => {
  test('R6: which kind it is shows from its content; the root of the document stays untyped', () => {
    const typing = new Y.Doc()
    typing.getText('code').insert(0, 'x')
    typing.getXmlFragment('prose').insert(0, [new Y.XmlElement('paragraph')])
    const doc = received(typing)
    expect(readText(doc, 'code')).toEqual({ plain: 'x', structure: [{ insert: 'x' }] })
    expect(readText(doc, 'prose')).toEqual({ plain: '', structure: [{ type: 'paragraph' }] })
    for (const root of doc.share.values()) expect(root.constructor).toBe(Y.AbstractType)
    expect(doc.getText('code').toString()).toBe('x')
    expect(doc.getXmlFragment('prose').length).toBe(1)
  })

  test('R6: a fragment may hold text without an element', () => {
    const doc = new Y.Doc()
    doc.getXmlFragment('notes').insert(0, [new Y.XmlText('bare')])
    expect(readText(received(doc), 'notes')).toEqual({ plain: 'bare', structure: [text('bare')] })
  })

  test('R6: neighbouring runs of equal format are one, whoever set it and in whatever order', () => {
    const [ada, bob] = [new Y.Doc(), new Y.Doc()]
    ada.getText('notes').insert(0, 'a', { bold: true, italic: true })
    bob.getText('notes').insert(0, 'b', { italic: true, bold: true })
    Y.applyUpdate(ada, Y.encodeStateAsUpdate(bob))
    const { plain, structure } = readText(received(ada), 'notes')
    expect(structure).toEqual([{ insert: plain, attributes: { bold: true, italic: true } }])
  })

  test('S1: neighbouring texts of equal marks are one node, as in an editor', () => {
    const doc = new Y.Doc()
    const paragraphElement = new Y.XmlElement('paragraph')
    doc.getXmlFragment('notes').insert(0, [paragraphElement])
    paragraphElement.insert(0, [new Y.XmlText('one '), new Y.XmlText('node')])
    expect(readText(received(doc), 'notes').structure).toEqual([paragraph(text('one node'))])
  })

  test('R6: a format or an embed at the start means a Y.Text', () => {
    const doc = new Y.Doc()
    doc.getText('bold').insert(0, 'x', { bold: true })
    doc.getText('image').insertEmbed(0, { image: 'y' })
    expect(readText(received(doc), 'bold').structure).toEqual([{ insert: 'x', attributes: { bold: true } }])
    expect(readText(received(doc), 'image').structure).toEqual([{ insert: { image: 'y' } }])
  })

  test('a root that nobody wrote, or that was emptied, is the empty text', () => {
    const doc = new Y.Doc()
    doc.getText('emptied').insert(0, 'gone')
    doc.getText('emptied').delete(0, 4)
    const copy = received(doc)
    const empty = { plain: '', structure: [] }
    expect(readText(copy, 'emptied')).toEqual(empty)
    expect(readText(copy, 'never')).toEqual(empty)
    expect(copy.share.has('never')).toBe(false)
  })

  test('a document that is open in an editor reads the same', () => {
    const doc = tiptapDoc([paragraph(text('same'))])
    const before = readText(doc, 'notes')
    doc.getXmlFragment('notes')
    expect(readText(doc, 'notes')).toEqual(before)
  })

  test('S3: the structure does not depend on the order in which updates arrived', () => {
    const edits = fc.array(edit, { maxLength: 12 })
    fc.assert(
      fc.property(edits, edits, edits, (first, ofAda, ofBob) => {
        const base = new Y.Doc()
        base.getXmlFragment('prose').insert(0, [new Y.XmlElement('paragraph')])
        const paragraph = (doc: Y.Doc): Y.XmlElement => doc.getXmlFragment('prose').get(0) as Y.XmlElement
        paragraph(base).insert(0, [new Y.XmlText('hello')])
        const typed = (doc: Y.Doc, edits: readonly Edit[]): Uint8Array => {
          paragraph(doc).setAttribute(`by ${doc.clientID}`, 'x')
          for (const text of [doc.getText('code'), paragraph(doc).get(0) as Y.XmlText])
            for (const apply of edits) apply(text)
          return Y.encodeStateAsUpdate(doc)
        }
        const start = typed(base, first)
        const updates = [start, typed(received(base), ofAda), typed(received(base), ofBob)]
        const [one, other] = [updates, updates.toReversed()].map((order) => {
          const doc = new Y.Doc()
          for (const update of order) Y.applyUpdate(doc, update)
          return JSON.stringify([readText(doc, 'code'), readText(doc, 'prose')])
        })
        expect(one).toBe(other)
      }),
    )
  })
})
