/**
 * R6: a text root is rich text (`Y.Text`) or XML (`Y.XmlFragment`), and its content says which. Asking Yjs
 * for the root as one of them would decide it for good, so this looks at the items instead.
 */
import * as Y from 'yjs'
import type { SharedType } from './document-draft.ts'
import type { StructContent, TypeKind } from './struct-content.ts'

export type RootKind = 'text' | 'xml'

/** Null while the root has no visible content. */
export function readRootKind(root: SharedType): RootKind | null {
  if (root._length === 0) return null
  const item = lastSeenVisible(root) ?? firstVisible(root)
  if (item === null) return null
  visibleIds.set(root, item.id)
  return item.content instanceof Y.ContentType && isXml(item.content.type) ? 'xml' : 'text'
}

/** What an item makes of a root; null for deleted content. */
export function rootKindOf(content: StructContent): RootKind | null {
  if (content.kind === 'deleted') return null
  return content.typeKind !== null && XML_KINDS.has(content.typeKind) ? 'xml' : 'text'
}

const XML_KINDS: ReadonlySet<TypeKind> = new Set(['xml-element', 'xml-fragment', 'xml-hook', 'xml-text'])

const isXml = (type: object): boolean =>
  type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook

/**
 * Where a visible item was last time, to spare the walk past the tombstones at the start of an old text. It
 * never decides: it is looked up again, and any visible item gives the same answer.
 */
const visibleIds = new WeakMap<SharedType, Y.ID>()

function lastSeenVisible(root: SharedType): Y.Item | null {
  const id = visibleIds.get(root)
  if (id === undefined || root.doc === null) return null
  const struct = Y.getItem(root.doc.store, id)
  return struct instanceof Y.Item && isVisible(struct) && struct.parent === root && struct.parentSub === null
    ? struct
    : null
}

function firstVisible(root: SharedType): Y.Item | null {
  let item = root._start
  while (item !== null && !isVisible(item)) item = item.right
  return item
}

const isVisible = (item: Y.Item): boolean => !item.deleted && item.countable
