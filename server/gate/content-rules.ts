/**
 * What may stand where: the contents that Yjs's own types put into their lists and keys, which readers, ours
 * and the editors', take for granted. Answers are null or the reason of a refusal.
 */
import * as Y from 'yjs'
import type { Parent, Run, SharedType } from './document-draft.ts'
import type { RootKind } from './root-kind.ts'
import { readRootKind, rootKindOf } from './root-kind.ts'
import type { ContentKind, StructContent, TypeKind } from './struct-content.ts'

type ListKind = 'text' | 'xml' | 'array' | 'map'

const LIST_CONTENT: Readonly<Record<ListKind, ReadonlySet<ContentKind>>> = {
  text: new Set<ContentKind>(['deleted', 'string', 'embed', 'format', 'type']),
  xml: new Set<ContentKind>(['deleted', 'type']),
  array: new Set<ContentKind>(['deleted', 'any', 'json', 'binary', 'type']),
  map: new Set<ContentKind>(['deleted']),
}

/** Strings come as such from the XML attributes of Yrs. */
const ENTRY_CONTENT: ReadonlySet<ContentKind> = new Set([
  'deleted',
  'any',
  'json',
  'binary',
  'string',
  'type',
])

const LIST_KINDS: Readonly<Record<TypeKind, ListKind>> = {
  array: 'array',
  map: 'map',
  text: 'text',
  'xml-element': 'xml',
  'xml-fragment': 'xml',
  'xml-hook': 'map',
  'xml-text': 'text',
}

/** The rules for one update: what kind a root is can follow from its first items. */
export class ContentRules {
  readonly #typeDepthMax: number
  readonly #rootKinds = new Map<SharedType | string, RootKind>()

  constructor(typeDepthMax: number) {
    this.#typeDepthMax = typeDepthMax
  }

  /** @param run with a parent. */
  check({ parent, parentSub, rightOrigin, content, depth }: Run): string | null {
    if (parent === null || content === null) throw new RangeError('garbage may stand anywhere')
    if (depth > this.#typeDepthMax) return `types are nested deeper than ${this.#typeDepthMax} levels`
    if (parentSub === null) return this.#listFault(parent, content)
    if (!ENTRY_CONTENT.has(content.kind)) return `${content.kind} content as the value of a key`
    // Of a key's entries only the last counts, and nobody writes further left.
    return rightOrigin === null ? null : 'the value of a key has something on its right'
  }

  #listFault(parent: Parent, content: StructContent): string | null {
    if (typeof parent === 'string') return this.#rootFault(parent, content)
    if (parent instanceof Y.AbstractType && parent._item === null) return this.#rootFault(parent, content)
    const kind = listKindOf(parent)
    return LIST_CONTENT[kind].has(content.kind) ? null : `${content.kind} content in a list of ${kind}`
  }

  #rootFault(root: SharedType | string, content: StructContent): string | null {
    if (!LIST_CONTENT.text.has(content.kind)) return `${content.kind} content in a text root`
    const kind = rootKindOf(content)
    if (kind === null) return null
    const known = this.#rootKinds.get(root) ?? (typeof root === 'string' ? null : readRootKind(root))
    if (known !== null && known !== kind) return `the root is ${known} and would become ${kind}`
    this.#rootKinds.set(root, kind)
    return null
  }
}

function listKindOf(parent: SharedType | Run): ListKind {
  if (!(parent instanceof Y.AbstractType)) {
    if (parent.content === null || parent.content.typeKind === null)
      throw new RangeError('a parent that is no type')
    return LIST_KINDS[parent.content.typeKind]
  }
  if (parent instanceof Y.Text) return 'text'
  if (parent instanceof Y.XmlFragment) return 'xml'
  return parent instanceof Y.Map ? 'map' : 'array'
}

/** How many types a type inside of a parent stands in, itself included; not counted beyond `depthMax`. */
export function depthInside(parent: Parent, depthMax: number): number {
  if (typeof parent === 'string') return 1
  if (!(parent instanceof Y.AbstractType)) return parent.depth + 1
  let depth = 1
  let type: unknown = parent
  while (type instanceof Y.AbstractType && type._item !== null && depth <= depthMax) {
    depth++
    type = type._item.parent
  }
  return depth
}
