/** TipTap documents of the real StarterKit schema, and the Y.Docs that its collaboration binding makes of them. */
import { getSchema, Mark } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { StarterKit } from '@tiptap/starter-kit'
import { prosemirrorToYDoc } from '@tiptap/y-tiptap'
import fc from 'fast-check'
import * as Y from 'yjs'
import type { TextNode } from '../../../server/projection/text-structure.ts'
import type { Json } from '../../../shared/json.ts'

/** A mark that may cover a text twice, as comments do: the binding tells them apart by a hash. */
const Comment = Mark.create({ name: 'comment', excludes: '', addAttributes: () => ({ id: {} }) })

export const schema = getSchema([StarterKit, Comment])

export const nodeOf = (content: readonly TextNode[]): Node => {
  const node = schema.nodeFromJSON({ type: 'doc', content })
  node.check()
  return node
}

/** As it arrives at a server: loaded from bytes, no root typed. */
export const received = (doc: Y.Doc): Y.Doc => {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

export const tiptapDoc = (content: readonly TextNode[], name = 'notes'): Y.Doc =>
  received(prosemirrorToYDoc(nodeOf(content), name))

/** `editor.getJSON().content`, but for two things that the Y.Doc does not know: null attributes, mark order. */
export const editorJson = (node: Node): readonly TextNode[] => normalized(node.toJSON().content ?? [])

export const normalized = (nodes: readonly TextNode[]): readonly TextNode[] =>
  nodes.map(({ attrs, content, marks, ...node }) => ({
    ...node,
    ...(attrs === undefined || isEmpty(withoutNulls(attrs)) ? {} : { attrs: withoutNulls(attrs) }),
    ...(content === undefined ? {} : { content: normalized(content) }),
    ...(marks === undefined ? {} : { marks: [...marks].sort(byJson) }),
  }))

const isEmpty = (attrs: object): boolean => Object.keys(attrs).length === 0

const byJson = (a: Json, b: Json): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

const withoutNulls = (attrs: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(attrs).filter(([, value]) => value !== null))

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .filter((value) => !value.includes('\0'))

const styles = fc.subarray(['bold', 'italic', 'strike', 'underline', 'comment', 'link'])

const textNode = fc.record({ text, names: styles, id: fc.integer({ min: 1, max: 3 }) }).map(
  ({ text, names, id }): TextNode => ({
    type: 'text',
    text,
    marks: names.map((type) => ({
      type,
      ...(type === 'comment' ? { attrs: { id } } : {}),
      ...(type === 'link' ? { attrs: { href: `https://example.org/${id}` } } : {}),
    })),
  }),
)

const codeText = text.map((text): TextNode => ({ type: 'text', text, marks: [{ type: 'code' }] }))

const inline = fc.array(
  fc.oneof({ weight: 5, arbitrary: textNode }, codeText, fc.constant<TextNode>({ type: 'hardBreak' })),
  { maxLength: 5 },
)

const paragraph = inline.map((content): TextNode => ({ type: 'paragraph', content }))

const { block } = fc.letrec<{ block: TextNode; item: TextNode }>((tie) => ({
  item: fc
    .tuple(paragraph, fc.array(tie('block'), { maxLength: 2 }))
    .map(([first, rest]): TextNode => ({ type: 'listItem', content: [first, ...rest] })),
  block: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    paragraph,
    fc
      .tuple(fc.integer({ min: 1, max: 6 }), inline)
      .map(([level, content]): TextNode => ({ type: 'heading', attrs: { level }, content })),
    fc.tuple(fc.constantFrom('ts', null), text).map(
      ([language, text]): TextNode => ({
        type: 'codeBlock',
        attrs: { language },
        content: [{ type: 'text', text }],
      }),
    ),
    fc.constant<TextNode>({ type: 'horizontalRule' }),
    fc
      .array(tie('block'), { minLength: 1, maxLength: 3 })
      .map((content): TextNode => ({ type: 'blockquote', content })),
    fc
      .array(tie('item'), { minLength: 1, maxLength: 3 })
      .map((content): TextNode => ({ type: 'bulletList', content })),
    fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.array(tie('item'), { minLength: 1, maxLength: 3 }))
      .map(([start, content]): TextNode => ({ type: 'orderedList', attrs: { start }, content })),
  ),
}))

/** Content of a document that the StarterKit schema allows. */
export const tiptapContent = fc.array(block, { minLength: 1, maxLength: 4 })
