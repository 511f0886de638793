/**
 * Reads a rich-text root of a Y.Doc as plain text and structure (S1, R6). A root that came in by updates has
 * no type of its own until someone asks for one by `getText` or `getXmlFragment`, and the first to ask decides
 * for good; so this reader asks for none and walks the items instead.
 *
 * The same text yields the same structure on every node and on every replay (S3), although Yjs orders
 * attributes and marks by the accidents of arrival: keys are sorted, and neighbouring runs of equal format are
 * one run.
 */
import * as Y from 'yjs'
import type { Json, JsonObject } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import type { StoredText } from '../storage/storage.ts'
import { plainText } from './text-plain.ts'
import type { DeltaOperation, TextMark, TextNode } from './text-structure.ts'
import { NODE_DEPTH_MAX } from './text-structure.ts'
import type { MutableJsonObject } from './yjs-json.ts'
import { cleanText, jsonOf, setMember } from './yjs-json.ts'

/** What all shared types have in common: a list of items. */
type SharedType = Pick<Y.Text, '_start'>

/** The text root `name`; the empty text when nobody has written it. The document is not changed. */
export function readText(doc: Y.Doc, name: string): StoredText {
  const structure = readStructure(doc, name, formattedRuns)
  return { plain: plainText(structure), structure }
}

/** In an authored structure the format of each run of text, and its only one: `{ client }`, who has inserted it. */
export const AUTHOR = 'author'

/** The same text, formatted by nothing but who has inserted what (R5). */
export const readAuthored = (doc: Y.Doc, name: string): Json => readStructure(doc, name, authoredRuns)

/** R6: the first visible item tells which kind of root it is; items of the other kind are left out. */
function readStructure(
  doc: Y.Doc,
  name: string,
  runsOf: ReadRuns,
): readonly TextNode[] | readonly DeltaOperation[] {
  const root = doc.share.get(name)
  if (root === undefined) return []
  const first = visibleItems(root).next()
  if (first.done === true) return []
  return isXml(nestedType(first.value)) ? readNodes(root, 1, runsOf) : readDelta(root, runsOf)
}

/** How the runs of a text are told apart. */
type ReadRuns = (text: SharedType) => readonly Run[]

function* visibleItems(type: SharedType): Generator<Y.Item, undefined> {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) yield item
}

const nestedType = (item: Y.Item): SharedType | null =>
  item.content instanceof Y.ContentType ? item.content.type : null

const isXml = (type: SharedType | null): boolean =>
  type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook

function readDelta(root: SharedType, runsOf: ReadRuns): readonly DeltaOperation[] {
  return runsOf(root).map(({ insert, attributes }) => {
    const content = typeof insert === 'string' ? insert : embedOf(insert)
    return attributes === null ? { insert: content } : { insert: content, attributes }
  })
}

/** An embed is an object by Quill's convention; a bare value, or a shared type, is wrapped to become one. */
function embedOf(embed: Y.ContentEmbed | SharedType): JsonObject {
  const value = embed instanceof Y.ContentEmbed ? jsonOf(embed.embed) : null
  return isJsonObject(value) ? value : { embed: value }
}

function readNodes(parent: SharedType, depth: number, runsOf: ReadRuns): readonly TextNode[] {
  if (depth > NODE_DEPTH_MAX) return []
  const nodes: TextNode[] = []
  for (const item of visibleItems(parent)) {
    const type = nestedType(item)
    if (type !== null) for (const node of readType(type, depth, runsOf)) append(nodes, node)
  }
  return nodes
}

function readType(type: SharedType, depth: number, runsOf: ReadRuns): readonly TextNode[] {
  if (type instanceof Y.XmlElement) return [readElement(type, depth, runsOf)]
  if (type instanceof Y.Text) return readTextNodes(type, depth, runsOf)
  return type instanceof Y.XmlFragment ? readNodes(type, depth + 1, runsOf) : []
}

function readElement(element: Y.XmlElement, depth: number, runsOf: ReadRuns): TextNode {
  const attrs = readAttributes(element)
  const content = readNodes(element, depth + 1, runsOf)
  return {
    type: cleanText(element.nodeName),
    ...(attrs === null ? {} : { attrs }),
    ...(content.length === 0 ? {} : { content }),
  }
}

/** The text nodes of an XmlText, and what other editors than ProseMirror nest in one. */
function readTextNodes(text: Y.Text, depth: number, runsOf: ReadRuns): readonly TextNode[] {
  if (depth > NODE_DEPTH_MAX) return []
  return runsOf(text).flatMap(({ insert, attributes }): readonly TextNode[] => {
    if (typeof insert !== 'string')
      return insert instanceof Y.ContentEmbed ? [] : readType(insert, depth + 1, runsOf)
    const marks = attributes === null ? [] : Object.entries(attributes).map(readMark)
    return [{ type: 'text', text: insert, ...(marks.length === 0 ? {} : { marks }) }]
  })
}

/** y-prosemirror tells marks of one type that overlap apart by a hash behind the name. */
const MARK_HASH_SUFFIX = /--[a-zA-Z0-9+/=]{8}$/

function readMark([key, value]: readonly [string, Json]): TextMark {
  const type = key.replace(MARK_HASH_SUFFIX, '')
  return isJsonObject(value) && Object.keys(value).length > 0 ? { type, attrs: value } : { type }
}

/** ProseMirror keeps neighbouring texts of equal marks as one node, across the XmlTexts that hold them. */
function append(nodes: TextNode[], node: TextNode): void {
  const last = nodes.at(-1)
  if (last?.text === undefined || node.text === undefined || !sameFormat(last.marks, node.marks))
    nodes.push(node)
  else nodes[nodes.length - 1] = { ...last, text: last.text + node.text }
}

function readAttributes(element: Y.XmlElement): JsonObject | null {
  const attrs: MutableJsonObject = {}
  for (const key of [...element._map.keys()].sort()) {
    const item = element._map.get(key)
    if (item === undefined || item.deleted) continue
    const value: unknown = item.content.getContent()[item.length - 1]
    if (value !== undefined && !(value instanceof Y.AbstractType)) setMember(attrs, key, jsonOf(value))
  }
  return Object.keys(attrs).length === 0 ? null : attrs
}

interface Run {
  readonly insert: string | Y.ContentEmbed | SharedType
  readonly attributes: JsonObject | null
}

/** The runs of a text in order: what `toDelta` gives, without its need for a typed root. */
function formattedRuns(text: SharedType): readonly Run[] {
  const runs: Run[] = []
  const format = new Map<string, Json>()
  let attributes: JsonObject | null = null
  let joins = false
  for (const { content } of visibleItems(text)) {
    if (content instanceof Y.ContentFormat) {
      changeFormat(format, content)
      attributes = attributesOf(format)
      joins = sameFormat(runs.at(-1)?.attributes, attributes)
    } else if (content instanceof Y.ContentString) {
      const last = runs.at(-1)
      const string = cleanText(content.str)
      if (joins && typeof last?.insert === 'string')
        runs[runs.length - 1] = { insert: last.insert + string, attributes }
      else runs.push({ insert: string, attributes })
      joins = true
    } else if (content instanceof Y.ContentEmbed) runs.push({ insert: content, attributes })
    else if (content instanceof Y.ContentType) runs.push({ insert: content.type, attributes })
  }
  return runs
}

/** The runs of a text by who has inserted them. */
function authoredRuns(text: SharedType): readonly Run[] {
  const runs: Run[] = []
  let author: number | null = null
  for (const { content, id } of visibleItems(text)) {
    if (content instanceof Y.ContentString) {
      const last = runs.at(-1)
      const string = cleanText(content.str)
      if (author === id.client && typeof last?.insert === 'string')
        runs[runs.length - 1] = { ...last, insert: last.insert + string }
      else runs.push({ insert: string, attributes: { [AUTHOR]: { client: id.client } } })
      author = id.client
    } else if (content instanceof Y.ContentEmbed) runs.push({ insert: content, attributes: null })
    else if (content instanceof Y.ContentType) runs.push({ insert: content.type, attributes: null })
  }
  return runs
}

function changeFormat(format: Map<string, Json>, { key, value }: Y.ContentFormat): void {
  if (value === null) format.delete(key)
  else format.set(key, jsonOf(value))
}

function attributesOf(format: ReadonlyMap<string, Json>): JsonObject | null {
  const attributes: MutableJsonObject = {}
  for (const key of [...format.keys()].sort()) setMember(attributes, key, format.get(key) ?? null)
  return Object.keys(attributes).length === 0 ? null : attributes
}

/** Their keys are sorted, so equal formats have equal texts. */
const sameFormat = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
