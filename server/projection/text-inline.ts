/**
 * Inline content as a tree of marks, and which of its parts may be shown: what Markdown and HTML have in
 * common. A mark that spans several neighbouring nodes encloses them once.
 */
import type { JsonObject } from '../../shared/json.ts'
import { inlineText } from './text-plain.ts'
import type { TextMark, TextNode } from './text-structure.ts'
import { stringAttribute } from './text-structure.ts'

/** From the outermost to the innermost; a mark that is not here is not shown, its text is. */
const MARK_ORDER = [
  'link',
  'bold',
  'italic',
  'strike',
  'underline',
  'subscript',
  'superscript',
  'code',
] as const

type MarkName = (typeof MARK_ORDER)[number]
export type StyleName = Exclude<MarkName, 'link' | 'code'>

export type Inline =
  | { readonly kind: 'node'; readonly node: TextNode }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly href: string; readonly content: readonly Inline[] }
  | { readonly kind: 'style'; readonly name: StyleName; readonly content: readonly Inline[] }

export function inlineTree(nodes: readonly TextNode[]): readonly Inline[] {
  return nest(
    nodes.map((node) => ({ node, marks: marksOf(node) })),
    0,
  )
}

interface MarkedNode {
  readonly node: TextNode
  /** Shown marks; the value is the address of a link, and empty for the others. */
  readonly marks: ReadonlyMap<MarkName, string>
}

function marksOf(node: TextNode): ReadonlyMap<MarkName, string> {
  const marks = new Map<MarkName, string>()
  for (const mark of node.marks ?? []) {
    const name = MARK_ORDER.find((known) => known === mark.type)
    const value = name === 'link' ? hrefOf(mark) : ''
    if (name !== undefined && value !== null) marks.set(name, value)
  }
  return marks
}

const hrefOf = (mark: TextMark): string | null => safeUrl(stringAttribute(mark.attrs, 'href'), LINK_SCHEME)

/** Encloses stretches that share the mark at `order`, and goes on with the next mark inside and outside. */
function nest(nodes: readonly MarkedNode[], order: number): readonly Inline[] {
  const name = MARK_ORDER[order]
  if (name === undefined) return nodes.map(({ node }) => ({ kind: 'node', node }))
  const tree: Inline[] = []
  for (let start = 0; start < nodes.length; ) {
    const value = nodes[start]?.marks.get(name)
    let end = start + 1
    while (end < nodes.length && nodes[end]?.marks.get(name) === value) end += 1
    const stretch = nodes.slice(start, end)
    if (value !== undefined) tree.push(enclose(name, value, stretch, order))
    else for (const part of nest(stretch, order + 1)) tree.push(part)
    start = end
  }
  return tree
}

function enclose(name: MarkName, value: string, stretch: readonly MarkedNode[], order: number): Inline {
  if (name === 'code') return { kind: 'code', text: inlineText(stretch.map(({ node }) => node)) }
  const content = nest(stretch, order + 1)
  return name === 'link' ? { kind: 'link', href: value, content } : { kind: 'style', name, content }
}

const LINK_SCHEME = /^(?:https?:\/\/|mailto:)/i
const IMAGE_SCHEME = /^https?:\/\//i

export interface Image {
  readonly src: string
  readonly alt: string
}

/** The image of an `image` node; null when its address is none that a page should load. */
export function imageOf(attrs: JsonObject | undefined): Image | null {
  const src = safeUrl(stringAttribute(attrs, 'src'), IMAGE_SCHEME)
  return src === null ? null : { src, alt: stringAttribute(attrs, 'alt') ?? '' }
}

/** Anything but an absolute address of an allowed scheme is refused: relative ones, `javascript:`, `data:`. */
function safeUrl(url: string | null, scheme: RegExp): string | null {
  const address = url?.trim().replaceAll(' ', '%20') ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  return scheme.test(address) && !/[\u0000-\u0020\u007f]/.test(address) ? address : null
}

/** A code block's language, fit for a class name and for the line that opens a fence; empty when there is none. */
export function languageOf(attrs: JsonObject | undefined): string {
  const language = stringAttribute(attrs, 'language') ?? ''
  return /^[A-Za-z0-9][A-Za-z0-9+#._-]{0,39}$/.test(language) ? language : ''
}
