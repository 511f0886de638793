/**
 * Tells blocks from inline content without a schema: the server does not know the editor's, and a document may
 * hold nodes of any name. Plain text, Markdown and HTML divide a node's content by the same rule.
 */
import type { TextNode } from './text-structure.ts'

export type Flow =
  | { readonly kind: 'inline'; readonly nodes: readonly TextNode[] }
  | { readonly kind: 'block'; readonly node: TextNode }

/** Nodes whose content is inline, even when it is empty or of unknown names only. */
const TEXT_BLOCKS: ReadonlySet<string> = new Set(['paragraph', 'heading', 'codeBlock'])

const BLOCKS: ReadonlySet<string> = new Set([
  ...TEXT_BLOCKS,
  'blockquote',
  'bulletList',
  'orderedList',
  'listItem',
  'taskList',
  'taskItem',
  'horizontalRule',
])

export const isTextBlock = (node: TextNode): boolean => TEXT_BLOCKS.has(node.type)

/** Text and hard breaks: where one of them stands, its unknown neighbours are inline too. */
const isInlineLeaf = (node: TextNode): boolean => node.text !== undefined || node.type === 'hardBreak'

/** The content of a node, divided into blocks and the longest possible stretches of inline nodes. */
export function flowOf(nodes: readonly TextNode[], inTextBlock: boolean): readonly Flow[] {
  const inline = inTextBlock || nodes.some(isInlineLeaf)
  const parts: Flow[] = []
  let stretch: TextNode[] = []
  for (const node of nodes) {
    if (inline && !BLOCKS.has(node.type)) {
      if (stretch.length === 0) parts.push({ kind: 'inline', nodes: stretch })
      stretch.push(node)
    } else {
      parts.push({ kind: 'block', node })
      stretch = []
    }
  }
  return parts
}
