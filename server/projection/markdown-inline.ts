/**
 * Inline content as CommonMark, with GFM's `~~`. Where a delimiter would not be read as one (in the middle of
 * a word, beside punctuation), and for marks that Markdown lacks, the mark is written as an HTML tag. A newline
 * in the result is a hard break, and nothing else is.
 */
import { codeSpan, escapeMarkdown, linkDestination } from './markdown-escape.ts'
import type { Inline, StyleName } from './text-inline.ts'
import { imageOf, inlineTree } from './text-inline.ts'
import type { TextNode } from './text-structure.ts'

export const inlineMarkdown = (nodes: readonly TextNode[]): string =>
  renderTree(inlineTree(nodes.flatMap(leavesOf)), '', '')

/** What is shown of a node: itself, or of a node of unknown name its content. */
function leavesOf(node: TextNode): readonly TextNode[] {
  if (node.text !== undefined) return node.text === '' ? [] : [node]
  return node.type === 'hardBreak' || imageMarkdown(node) !== ''
    ? [node]
    : (node.content ?? []).flatMap(leavesOf)
}

/** `before` and `after`: the characters around the tree; empty at the edge of a line. */
function renderTree(tree: readonly Inline[], before: string, after: string): string {
  let rendered = ''
  for (const [index, part] of tree.entries()) {
    const next = tree[index + 1]
    if (part.kind === 'link' && rendered.endsWith('!')) rendered = `${rendered.slice(0, -1)}\\!`
    rendered += renderPart(part, rendered.at(-1) ?? before, next === undefined ? after : firstCharacter(next))
  }
  return rendered
}

function renderPart(part: Inline, before: string, after: string): string {
  switch (part.kind) {
    case 'node':
      return renderNode(part.node)
    case 'code':
      return codeSpan(part.text)
    case 'link':
      return encloseWords(part.content, (words) => `[${words}](${linkDestination(part.href)})`)
    case 'style':
      return encloseWords(part.content, (words, spaceBefore, spaceAfter) =>
        styled(part.name, words, spaceBefore ? ' ' : before, spaceAfter ? ' ' : after),
      )
  }
}

/** Stands for what encloses or follows as a mark: punctuation, whether it is a delimiter or a tag. */
const PUNCTUATION = '"'

const firstCharacter = (part: Inline): string =>
  part.kind === 'node' ? (part.node.text?.at(0) ?? PUNCTUATION) : PUNCTUATION

function renderNode(node: TextNode): string {
  if (node.text !== undefined) return escapeMarkdown(node.text)
  return node.type === 'hardBreak' ? '\n' : imageMarkdown(node)
}

/** An image node as Markdown; empty for every other node, and for an image that may not be shown. */
export function imageMarkdown(node: TextNode): string {
  const image = node.type === 'image' ? imageOf(node.attrs) : null
  return image === null ? '' : `![${escapeMarkdown(image.alt)}](${linkDestination(image.src)})`
}

/** Delimiters cling to words: whitespace and breaks at the edges of marked content move outside. */
function encloseWords(
  content: readonly Inline[],
  enclose: (words: string, spaceBefore: boolean, spaceAfter: boolean) => string,
): string {
  const rendered = renderTree(content, PUNCTUATION, PUNCTUATION)
  const words = rendered.trim()
  if (words === '') return rendered
  const start = rendered.indexOf(words)
  const leading = rendered.slice(0, start)
  const trailing = rendered.slice(start + words.length)
  return `${leading}${enclose(words, leading !== '', trailing !== '')}${trailing}`
}

function styled(name: StyleName, words: string, before: string, after: string): string {
  const { delimiter, tag } = styles[name]
  return delimiter !== null && canDelimit(before, words, after, delimiter)
    ? `${delimiter}${words}${delimiter}`
    : `<${tag}>${words}</${tag}>`
}

interface Style {
  readonly delimiter: '**' | '_' | '~~' | null
  readonly tag: string
}

const styles: Readonly<Record<StyleName, Style>> = {
  bold: { delimiter: '**', tag: 'strong' },
  italic: { delimiter: '_', tag: 'em' },
  strike: { delimiter: '~~', tag: 'del' },
  underline: { delimiter: null, tag: 'u' },
  subscript: { delimiter: null, tag: 'sub' },
  superscript: { delimiter: null, tag: 'sup' },
}

/** CommonMark's flanking rules: a delimiter needs an open side, or (but for `_`) a word to cling to. */
function canDelimit(before: string, inner: string, after: string, delimiter: string): boolean {
  const clings = delimiter !== '_'
  return (
    (isOpen(before) || (clings && !isOpen(inner.at(0) ?? ''))) &&
    (isOpen(after) || (clings && !isOpen(inner.at(-1) ?? '')))
  )
}

/** The edge of a line, whitespace or punctuation. */
const isOpen = (character: string): boolean => character === '' || /^[\s\p{P}\p{S}]$/u.test(character)
