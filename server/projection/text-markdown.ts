/**
 * A stored text as CommonMark, with GFM's strikethrough and task lists. Strings of the document are escaped, so
 * that the Markdown reads as the text does; a text that is itself Markdown source (from a code editor) is
 * better read as plain text. Nodes of unknown name are rendered as their content; empty paragraphs vanish.
 */
import type { Json } from '../../shared/json.ts'
import { escapeLineStart, fencedCode, headingText } from './markdown-escape.ts'
import { imageMarkdown, inlineMarkdown } from './markdown-inline.ts'
import { deltaToNodes } from './text-delta.ts'
import { flowOf, isTextBlock } from './text-flow.ts'
import { languageOf } from './text-inline.ts'
import { inlineText } from './text-plain.ts'
import type { TextNode } from './text-structure.ts'
import { parseStructure, wholeAttribute } from './text-structure.ts'

/** A rendered block: its lines, and the marker of a list, which the list beside it must not use. */
interface Block {
  readonly lines: readonly string[]
  readonly marker: ListMarker | null
}

type ListMarker = '-' | '*' | '.' | ')'

export function toMarkdown(structure: Json): string {
  const parsed = parseStructure(structure)
  const nodes = parsed.shape === 'nodes' ? parsed.nodes : deltaToNodes(parsed.operations)
  return blocksOf(nodes, false)
    .map((block) => `${block.lines.join('\n')}\n`)
    .join('\n')
}

/** `outer`: the marker of the list whose item this is the content of. */
function blocksOf(
  nodes: readonly TextNode[],
  inTextBlock: boolean,
  outer: ListMarker | null = null,
): readonly Block[] {
  const blocks: Block[] = []
  collectBlocks(nodes, inTextBlock, blocks, outer)
  return blocks
}

/**
 * A list must differ in its marker from the list before it, and from the one that it opens an item of (three
 * empty bullets in a line would be a rule), so each block is rendered with those before it at hand.
 */
function collectBlocks(
  nodes: readonly TextNode[],
  inTextBlock: boolean,
  blocks: Block[],
  outer: ListMarker | null,
): void {
  for (const part of flowOf(nodes, inTextBlock)) {
    if (part.kind === 'block' && isWrapper(part.node))
      collectBlocks(part.node.content ?? [], isTextBlock(part.node), blocks, outer)
    else {
      const last = blocks.at(-1)
      const taken = last === undefined ? outer : last.marker
      const block =
        part.kind === 'inline' ? plainBlock(paragraphLines(part.nodes)) : blockOf(part.node, taken)
      if (block.lines.length > 0) blocks.push(block)
    }
  }
}

const OWN_FORM: ReadonlySet<string> = new Set([
  'heading',
  'codeBlock',
  'blockquote',
  'bulletList',
  'taskList',
  'orderedList',
  'horizontalRule',
  'image',
])

/** Paragraphs and nodes of unknown name are their content, without a form of their own. */
const isWrapper = (node: TextNode): boolean => !OWN_FORM.has(node.type)

const plainBlock = (lines: readonly string[]): Block => ({ lines, marker: null })

function blockOf(node: TextNode, taken: ListMarker | null): Block {
  const content = node.content ?? []
  switch (node.type) {
    case 'heading':
      return plainBlock(headingLines(node))
    case 'codeBlock':
      return plainBlock(fencedCode(inlineText(content), languageOf(node.attrs)))
    case 'blockquote':
      return plainBlock(quoteLines(content))
    case 'horizontalRule':
      return plainBlock(['___'])
    case 'image':
      return plainBlock([imageMarkdown(node)].filter((line) => line !== ''))
    default: {
      const marker = listMarker(node, taken)
      return { lines: listLines(node, marker), marker }
    }
  }
}

function paragraphLines(nodes: readonly TextNode[]): readonly string[] {
  const text = inlineMarkdown(nodes).trim()
  if (text === '') return []
  const lines = text.split('\n').map((line) => escapeLineStart(line.trimEnd()))
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line}\\`))
}

function headingLines(node: TextNode): readonly string[] {
  const level = wholeAttribute(node.attrs, 'level', { min: 1, max: 6, fallback: 1 })
  return [`${'#'.repeat(level)} ${headingText(inlineMarkdown(node.content ?? []))}`.trimEnd()]
}

const quoteLines = (content: readonly TextNode[]): readonly string[] =>
  separated(blocksOf(content, false)).map((line) => (line === '' ? '>' : `> ${line}`))

const separated = (blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap((block, index) => (index === 0 ? block.lines : ['', ...block.lines]))

function listMarker(list: TextNode, taken: ListMarker | null): ListMarker {
  if (list.type === 'orderedList') return taken === '.' ? ')' : '.'
  return taken === '-' ? '*' : '-'
}

function listLines(list: TextNode, marker: ListMarker): readonly string[] {
  const start = wholeAttribute(list.attrs, 'start', { min: 0, max: 900_000_000, fallback: 1 })
  const items = (list.content ?? []).map((item, index) => {
    const bullet = list.type === 'orderedList' ? `${start + index}${marker}` : marker
    return itemLines(item, bullet, marker)
  })
  const loose = items.some((lines) => lines.includes(''))
  return items.flatMap((lines, index) => (loose && index > 0 ? ['', ...lines] : lines))
}

function itemLines(item: TextNode, bullet: string, marker: ListMarker): readonly string[] {
  const blocks = blocksOf(item.content ?? [], false, marker)
  const lines = blocks.flatMap((block, index) =>
    index === 0 || followsTightly(block) ? block.lines : ['', ...block.lines],
  )
  const [first = '', ...rest] = lines
  const indent = ' '.repeat(bullet.length + 1)
  return [
    `${bullet} ${taskBox(item)}${first}`.trimEnd(),
    ...rest.map((line) => (line === '' ? '' : indent + line)),
  ]
}

/** A nested list may follow its paragraph without a blank line if its first line can interrupt a paragraph. */
const followsTightly = (block: Block): boolean =>
  block.marker !== null && /^(?:[-*]|1[.)]) \S/.test(block.lines[0] ?? '')

function taskBox(item: TextNode): string {
  if (item.type !== 'taskItem') return ''
  return item.attrs?.checked === true ? '[x] ' : '[ ] '
}
