/** Nodes of a structure, written short. */
import type { TextMark, TextNode } from '../../../server/projection/text-structure.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'

export const node = (type: string, content: readonly TextNode[] = [], attrs: JsonObject = {}): TextNode => ({
  type,
  attrs,
  content,
})

export const paragraph = (...content: readonly TextNode[]): TextNode => ({ type: 'paragraph', content })

export const item = (...content: readonly TextNode[]): TextNode => ({ type: 'listItem', content })

/** A text with marks, each given whole or by its name. */
export const text = (text: string, ...marks: readonly (string | TextMark)[]): TextNode =>
  marks.length === 0
    ? { type: 'text', text }
    : { type: 'text', text, marks: marks.map((mark) => (typeof mark === 'string' ? { type: mark } : mark)) }

export const link = (href: Json): TextMark => ({ type: 'link', attrs: { href, onclick: 'steal()' } })
