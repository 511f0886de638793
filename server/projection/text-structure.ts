/**
 * The structure of a projected text, in one of two shapes (R6): the nodes of a `Y.XmlFragment`, which are the
 * ProseMirror JSON that `editor.getJSON().content` gives, or the Quill delta of a `Y.Text`. Whoever reads a
 * stored structure goes through `parseStructure`, so that renderers meet neither surprises nor bottomless
 * trees.
 */
import type { Json, JsonObject } from '../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../shared/json.ts'

/** Nodes nested deeper than this are left out, here and when a document is read; honest texts stay below 30. */
export const NODE_DEPTH_MAX = 100

export type TextMark = { readonly type: string; readonly attrs?: JsonObject }

/** A leaf of text when `text` is there, an element otherwise. */
export type TextNode = {
  readonly type: string
  readonly attrs?: JsonObject
  readonly content?: readonly TextNode[]
  readonly text?: string
  readonly marks?: readonly TextMark[]
}

/** An insert of text, or of an embed (an image, a formula: an object with the embed's name as its key). */
export type DeltaOperation = { readonly insert: string | JsonObject; readonly attributes?: JsonObject }

export type TextStructure =
  | { readonly shape: 'nodes'; readonly nodes: readonly TextNode[] }
  | { readonly shape: 'delta'; readonly operations: readonly DeltaOperation[] }

/** Reads a stored structure. What is neither a node nor a delta operation is left out. */
export function parseStructure(structure: Json): TextStructure {
  if (!isJsonArray(structure)) return { shape: 'nodes', nodes: [] }
  const first = structure[0]
  if (isJsonObject(first) && first.insert !== undefined)
    return { shape: 'delta', operations: structure.flatMap(parseOperation) }
  return { shape: 'nodes', nodes: parseNodes(structure, 1) }
}

function parseOperation(value: Json): readonly DeltaOperation[] {
  if (!isJsonObject(value)) return []
  const { insert, attributes } = value
  if (typeof insert !== 'string' && !isJsonObject(insert)) return []
  return [isJsonObject(attributes) ? { insert, attributes } : { insert }]
}

function parseNodes(values: Json | undefined, depth: number): readonly TextNode[] {
  if (values === undefined || !isJsonArray(values) || depth > NODE_DEPTH_MAX) return []
  return values.flatMap((value) => parseNode(value, depth))
}

function parseNode(value: Json, depth: number): readonly TextNode[] {
  if (!isJsonObject(value)) return []
  const { type, attrs, content, text, marks } = value
  if (typeof type !== 'string') return []
  const attributes = isJsonObject(attrs) ? { attrs } : {}
  if (type === 'text' && typeof text === 'string') return [{ type, text, marks: parseMarks(marks) }]
  return [{ type, ...attributes, content: parseNodes(content, depth + 1) }]
}

function parseMarks(values: Json | undefined): readonly TextMark[] {
  if (values === undefined || !isJsonArray(values)) return []
  return values.flatMap((value) => {
    if (!isJsonObject(value) || typeof value.type !== 'string') return []
    const { type, attrs } = value
    return [isJsonObject(attrs) ? { type, attrs } : { type }]
  })
}

/** A node's attribute as a string; null when it is missing or something else. */
export function stringAttribute(attrs: JsonObject | undefined, name: string): string | null {
  const value = attrs?.[name]
  return typeof value === 'string' ? value : null
}

/** A node's attribute as a whole number between two bounds; `fallback` when it is missing or no number. */
export function wholeAttribute(
  attrs: JsonObject | undefined,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const value = attrs?.[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) return bounds.fallback
  return Math.min(bounds.max, Math.max(bounds.min, Math.trunc(value)))
}
