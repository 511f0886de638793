import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readText } from '../../../server/projection/text-content.ts'
import type { TextNode } from '../../../server/projection/text-structure.ts'
import { NODE_DEPTH_MAX, parseStructure } from '../../../server/projection/text-structure.ts'
import type { Json } from '../../../shared/json.ts'
import { received } from './tiptap-document.ts'

describe('a hostile document', () => {
  test('the names of a prototype do no harm', () => {
    const doc = new Y.Doc()
    const element = new Y.XmlElement('paragraph')
    doc.getXmlFragment('notes').insert(0, [element])
    element.setAttribute('__proto__', { polluted: true } as unknown as string)
    element.setAttribute('constructor', 'y')
    element.insert(0, [new Y.XmlText('t')])
    const shared = element.get(0) as Y.XmlText
    shared.format(
      0,
      1,
      JSON.parse('{"__proto__": {"polluted": true}, "toString": {"__proto__": {"polluted": true}}}'),
    )
    const { structure } = readText(received(doc), 'notes')
    expect(JSON.stringify(structure)).toBe(
      '[{"type":"paragraph","attrs":{"constructor":"y"},"content":[{"type":"text","text":"t","marks":[{"type":"toString"}]}]}]',
    )
    const [read] = structure as readonly TextNode[]
    expect(read?.attrs?.polluted).toBeUndefined()
  })

  test('nodes beyond the depth limit are left out', () => {
    const doc = new Y.Doc()
    let parent: Y.XmlFragment = doc.getXmlFragment('notes')
    for (let depth = 0; depth < 3_000; depth += 1) {
      const child = new Y.XmlElement('blockquote')
      parent.insert(0, [child])
      parent = child
    }
    parent.insert(0, [new Y.XmlText('at the bottom')])
    const { structure, plain } = readText(doc, 'notes')
    expect(JSON.stringify(structure).match(/blockquote/g)).toHaveLength(NODE_DEPTH_MAX)
    expect(plain).toBe('')
  })

  test('values that JSON lacks become null, and U+0000 becomes U+FFFD', () => {
    const doc = new Y.Doc()
    const element = new Y.XmlElement('im\0age')
    doc.getXmlFragment('notes').insert(0, [element])
    const values: Record<string, unknown> = {
      bytes: Uint8Array.of(1),
      none: Number.NaN,
      big: 9007199254740993n,
      map: new Y.Map(),
      list: [undefined, 'a\0'],
    }
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value as string)
    const { structure } = readText(received(doc), 'notes')
    expect(structure).toEqual([
      {
        type: 'im\ufffdage',
        attrs: { bytes: null, none: null, big: '9007199254740993', list: [null, 'a\ufffd'] },
      },
    ])
  })

  test('an embed that is no object is wrapped; a shared type is a place without content', () => {
    const doc = new Y.Doc()
    const shared = doc.getText('notes')
    shared.insertEmbed(0, 5 as unknown as object)
    shared.insertEmbed(1, new Y.Map())
    expect(readText(received(doc), 'notes')).toEqual({
      plain: '\ufffc\ufffc',
      structure: [{ insert: { embed: 5 } }, { insert: { embed: null } }],
    })
  })

  test('a stored structure of any JSON is read without a throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['nodes', 'delta']).toContain(parseStructure(value as Json).shape)
      }),
    )
  })
})
