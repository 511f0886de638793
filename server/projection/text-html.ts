/**
 * A stored text as HTML that is safe to put into a page: every string of the document is escaped, attributes
 * are the few written here, links are http, https or mailto. A node of unknown name is rendered as its content
 * in a `div`, or in a `span` where it stands inline; a mark of unknown name as its content.
 */
import { escapeHtml } from '../../shared/escape-html.ts'
import type { Json } from '../../shared/json.ts'
import { deltaToNodes } from './text-delta.ts'
import { flowOf, isTextBlock } from './text-flow.ts'
import type { Inline, StyleName } from './text-inline.ts'
import { imageOf, inlineTree, languageOf } from './text-inline.ts'
import type { TextNode } from './text-structure.ts'
import { parseStructure, wholeAttribute } from './text-structure.ts'

export function toHtml(structure: Json): string {
  const parsed = parseStructure(structure)
  return contentHtml(parsed.shape === 'nodes' ? parsed.nodes : deltaToNodes(parsed.operations), false)
}

const contentHtml = (nodes: readonly TextNode[], inTextBlock: boolean): string =>
  flowOf(nodes, inTextBlock)
    .map((part) => (part.kind === 'inline' ? inlineHtml(inlineTree(part.nodes)) : blockHtml(part.node)))
    .join('')

function blockHtml(node: TextNode): string {
  const content = contentHtml(node.content ?? [], isTextBlock(node))
  switch (node.type) {
    case 'paragraph':
      return `<p>${content}</p>`
    case 'heading': {
      const level = wholeAttribute(node.attrs, 'level', { min: 1, max: 6, fallback: 1 })
      return `<h${level}>${content}</h${level}>`
    }
    case 'codeBlock': {
      const language = languageOf(node.attrs)
      return `<pre><code${language === '' ? '' : ` class="language-${escapeHtml(language)}"`}>${content}</code></pre>`
    }
    case 'blockquote':
      return `<blockquote>${content}</blockquote>`
    case 'bulletList':
    case 'taskList':
      return `<ul>${content}</ul>`
    case 'orderedList': {
      const start = wholeAttribute(node.attrs, 'start', { min: 0, max: 999_999_999, fallback: 1 })
      return `<ol${start === 1 ? '' : ` start="${start}"`}>${content}</ol>`
    }
    case 'listItem':
      return `<li>${content}</li>`
    case 'taskItem':
      return `<li><input type="checkbox" disabled${node.attrs?.checked === true ? ' checked' : ''}>${content}</li>`
    case 'horizontalRule':
      return '<hr>'
    case 'image':
      return imageHtml(node)
    default:
      return `<div>${content}</div>`
  }
}

const inlineHtml = (tree: readonly Inline[]): string => tree.map(partHtml).join('')

function partHtml(part: Inline): string {
  switch (part.kind) {
    case 'node':
      return inlineNodeHtml(part.node)
    case 'code':
      return `<code>${escapeHtml(part.text)}</code>`
    case 'link':
      return `<a href="${escapeHtml(part.href)}" rel="noopener noreferrer nofollow">${inlineHtml(part.content)}</a>`
    case 'style':
      return `<${styleTags[part.name]}>${inlineHtml(part.content)}</${styleTags[part.name]}>`
  }
}

const styleTags: Readonly<Record<StyleName, string>> = {
  bold: 'strong',
  italic: 'em',
  strike: 's',
  underline: 'u',
  subscript: 'sub',
  superscript: 'sup',
}

function inlineNodeHtml(node: TextNode): string {
  if (node.text !== undefined) return escapeHtml(node.text)
  if (node.type === 'hardBreak') return '<br>'
  if (node.type === 'image') return imageHtml(node)
  return `<span>${inlineHtml(inlineTree(node.content ?? []))}</span>`
}

function imageHtml(node: TextNode): string {
  const image = imageOf(node.attrs)
  return image === null ? '' : `<img src="${escapeHtml(image.src)}" alt="${escapeHtml(image.alt)}">`
}
