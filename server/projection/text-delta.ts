/**
 * Turns a Quill delta into nodes, so that one Markdown and one HTML renderer serve both shapes (R6). In a delta
 * a line's block format stands on the newline that ends it; a last line without one is a paragraph. A Y.Text
 * without formats, as CodeMirror writes it, is one paragraph for each line.
 */
import type { Json, JsonObject } from '../../shared/json.ts'
import type { DeltaOperation, TextMark, TextNode } from './text-structure.ts'
import { stringAttribute, wholeAttribute } from './text-structure.ts'

interface Line {
  readonly content: readonly TextNode[]
  readonly format: JsonObject
}

const INDENT_MAX = 8

export function deltaToNodes(operations: readonly DeltaOperation[]): readonly TextNode[] {
  const root = new Container('doc', {})
  let open: readonly Container[] = [root]
  for (const line of linesOf(operations)) open = addLine(open, line)
  return root.content
}

function linesOf(operations: readonly DeltaOperation[]): readonly Line[] {
  const lines: Line[] = []
  let content: TextNode[] = []
  for (const { insert, attributes = {} } of operations) {
    if (typeof insert !== 'string') {
      content.push(...embedNodes(insert))
      continue
    }
    const marks = marksOf(attributes)
    for (const [index, text] of insert.split('\n').entries()) {
      if (index > 0) {
        lines.push({ content, format: attributes })
        content = []
      }
      if (text !== '') content.push({ type: 'text', text, marks })
    }
  }
  return content.length === 0 ? lines : [...lines, { content, format: {} }]
}

const MARK_NAMES = ['bold', 'italic', 'strike', 'underline', 'code'] as const

function marksOf(attributes: JsonObject): readonly TextMark[] {
  const marks: TextMark[] = MARK_NAMES.filter((name) => attributes[name] === true).map((type) => ({ type }))
  const href = stringAttribute(attributes, 'link')
  if (href !== null) marks.push({ type: 'link', attrs: { href } })
  if (attributes.script === 'sub') marks.push({ type: 'subscript' })
  if (attributes.script === 'super') marks.push({ type: 'superscript' })
  return marks
}

/** An image is shown as one; other embeds have no text form and are left out. */
function embedNodes(embed: JsonObject): readonly TextNode[] {
  const src = stringAttribute(embed, 'image')
  return src === null ? [] : [{ type: 'image', attrs: { src } }]
}

/** An element under construction: the last one of its level, to which the next line may belong. */
class Container implements TextNode {
  readonly type: string
  readonly attrs: JsonObject
  readonly content: TextNode[] = []

  constructor(type: string, attrs: JsonObject) {
    this.type = type
    this.attrs = attrs
  }

  /** The last child when it is a container of that kind, or else a new one. */
  continued(type: string, attrs: JsonObject): Container {
    const last = this.content.at(-1)
    if (last instanceof Container && last.type === type && last.attrs.language === attrs.language) return last
    const child = new Container(type, attrs)
    this.content.push(child)
    return child
  }
}

/** Puts a line where it belongs, and gives the containers that the next list line may go into, by indent. */
function addLine(open: readonly Container[], { content, format }: Line): readonly Container[] {
  const root = open[0]
  if (root === undefined) throw new RangeError('the document itself is always open')
  if (typeof format.list === 'string') return addListLine(open, content, format)
  const code = format['code-block']
  if (code !== undefined && code !== false && code !== null) addCodeLine(root, content, code)
  else if (format.blockquote === true) root.continued('blockquote', {}).content.push(paragraph(content))
  else if (typeof format.header === 'number')
    root.content.push({ type: 'heading', attrs: { level: format.header }, content })
  else root.content.push(paragraph(content))
  return [root]
}

const paragraph = (content: readonly TextNode[]): TextNode => ({ type: 'paragraph', content })

function addCodeLine(root: Container, content: readonly TextNode[], code: Json): void {
  const language = typeof code === 'string' && code !== 'plain' ? code : null
  const last = root.content.at(-1)
  const block = root.continued('codeBlock', { language })
  if (block === last) block.content.push({ type: 'text', text: '\n' })
  for (const node of content) block.content.push({ ...node, marks: [] })
}

/**
 * `open[n]` is where a list of indent `n` goes: the document, or the last item of the list one level up. An
 * item that is indented by more than one level beyond its predecessor goes one level below it.
 */
function addListLine(
  open: readonly Container[],
  content: readonly TextNode[],
  format: JsonObject,
): readonly Container[] {
  const indent = wholeAttribute(format, 'indent', { min: 0, max: INDENT_MAX, fallback: 0 })
  const level = Math.min(indent, open.length - 1)
  const parents = open.slice(0, level + 1)
  const kind = listKinds.get(String(format.list)) ?? BULLET
  const item = new Container(kind.item, kind.attrs)
  item.content.push(paragraph(content))
  parents.at(-1)?.continued(kind.list, {}).content.push(item)
  return [...parents, item]
}

interface ListKind {
  readonly list: string
  readonly item: string
  readonly attrs: JsonObject
}

const BULLET: ListKind = { list: 'bulletList', item: 'listItem', attrs: {} }

const listKinds: ReadonlyMap<string, ListKind> = new Map([
  ['bullet', BULLET],
  ['ordered', { list: 'orderedList', item: 'listItem', attrs: {} }],
  ['checked', { list: 'taskList', item: 'taskItem', attrs: { checked: true } }],
  ['unchecked', { list: 'taskList', item: 'taskItem', attrs: { checked: false } }],
])
