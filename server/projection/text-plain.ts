/**
 * The plain text of a structure, for the text column and full-text search (S1). Nodes give one line for each
 * block that holds text: paragraph, heading, list item; a code block keeps its inner newlines, a hard break is
 * one. A delta gives the exact string, with U+FFFC (the Unicode placeholder for objects) where an embed is, so
 * that positions in the plain text are positions in the Y.Text.
 */
import type { Json } from '../../shared/json.ts'
import { flowOf, isTextBlock } from './text-flow.ts'
import type { DeltaOperation, TextNode } from './text-structure.ts'
import { parseStructure } from './text-structure.ts'

const OBJECT_REPLACEMENT = '\ufffc'

export function plainText(structure: Json): string {
  const parsed = parseStructure(structure)
  if (parsed.shape === 'nodes')
    return linesOf(parsed.nodes)
      .map((line) => inlineText(line))
      .join('\n')
  return parsed.operations.map(({ insert }) => insertedText(insert)).join('')
}

export const insertedText = (insert: DeltaOperation['insert']): string =>
  typeof insert === 'string' ? insert : OBJECT_REPLACEMENT

/** The inline nodes of each line. */
export function linesOf(nodes: readonly TextNode[], inTextBlock = false): readonly (readonly TextNode[])[] {
  if (inTextBlock && nodes.length === 0) return [[]]
  return flowOf(nodes, inTextBlock).flatMap((part) =>
    part.kind === 'inline' ? [part.nodes] : linesOf(part.node.content ?? [], isTextBlock(part.node)),
  )
}

/** The text of inline nodes, run together; a hard break is a newline. */
export function inlineText(nodes: readonly TextNode[]): string {
  return leavesOf(nodes).map(leafText).join('')
}

/** In order, whatever they are nested in. */
export const leavesOf = (nodes: readonly TextNode[]): readonly TextNode[] =>
  nodes.flatMap((node) =>
    node.type === 'hardBreak' || node.text !== undefined ? [node] : leavesOf(node.content ?? []),
  )

export const leafText = ({ type, text }: TextNode): string => (type === 'hardBreak' ? '\n' : (text ?? ''))
