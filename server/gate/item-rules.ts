/**
 * Where an item of an update would stand, and whether it may stand there. Answers are null or the reason of a
 * refusal.
 */
import * as Y from 'yjs'
import type { DocumentDraft, Parent, Run, SharedType } from './document-draft.ts'
import { originAt, sameId } from './document-draft.ts'
import type { RootKind } from './root-kind.ts'
import { readRootKind, rootKindOf } from './root-kind.ts'
import type { StepBudget } from './sequence-draft.ts'
import { SequenceDraft } from './sequence-draft.ts'
import type { ContentKind, StructContent, TypeKind } from './struct-content.ts'
import type { WireStruct } from './update-decoder.ts'

/** The list that an item belongs to. Without parent, it belongs nowhere: Yjs keeps it as garbage. */
export interface Place {
  readonly parent: Parent | null
  readonly parentSub: string | null
}

const NOWHERE: Place = { parent: null, parentSub: null }

/** Reads an item's place off its origins or its parent, all of which the draft must have. */
export function placeOf(struct: WireStruct, draft: DocumentDraft): Place | { readonly fault: string } {
  const left = struct.origin === null ? null : draft.find(struct.origin)
  const right = struct.rightOrigin === null ? null : draft.find(struct.rightOrigin)
  const beside = left ?? right
  if (beside !== null) {
    if (left !== null && right !== null && !samePlace(left, right))
      return { fault: 'an item stands between items of different lists' }
    // Nowhere, if they were deleted and collected since its author looked: garbage from the start, but honest.
    return { parent: beside.parent, parentSub: beside.parentSub }
  }
  const { parent, parentSub } = struct
  if (typeof parent === 'string') return { parent: draft.root(parent), parentSub }
  if (parent === null) throw new RangeError('an item without origins and parent')
  const holder = draft.find(parent)
  if (holder.parent === null || isDeletedContent(holder)) return NOWHERE
  const type = typeHeldBy(holder)
  return type === null ? { fault: 'the parent of an item is no type' } : { parent: type, parentSub }
}

export const samePlace = (a: Place, b: Place): boolean => a.parent === b.parent && a.parentSub === b.parentSub

const isDeletedContent = ({ item, content }: Run): boolean =>
  item === null ? content?.kind === 'deleted' : item.content instanceof Y.ContentDeleted

function typeHeldBy(run: Run): Parent | null {
  if (run.item === null) return run.content?.kind === 'type' ? run : null
  return run.item.content instanceof Y.ContentType ? run.item.content.type : null
}

type ListKind = 'text' | 'xml' | 'array' | 'map'

/** What Yjs's own types put in their lists. Readers, ours and the editors', take it for granted. */
const LIST_CONTENT: Readonly<Record<ListKind, ReadonlySet<ContentKind>>> = {
  text: new Set<ContentKind>(['deleted', 'string', 'embed', 'format', 'type']),
  xml: new Set<ContentKind>(['deleted', 'type']),
  array: new Set<ContentKind>(['deleted', 'any', 'json', 'binary', 'type']),
  map: new Set<ContentKind>(['deleted']),
}

/** Strings come as such from Yrs's XML attributes. */
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

function listKindOf(type: SharedType): ListKind {
  if (type instanceof Y.Text) return 'text'
  if (type instanceof Y.XmlFragment) return 'xml'
  return type instanceof Y.Map ? 'map' : 'array'
}

/** The rules of one update: they grow with the items that have passed. */
export class ItemRules {
  readonly #draft: DocumentDraft
  readonly #typeDepthMax: number
  readonly #budget: StepBudget
  readonly #rootKinds = new Map<Parent, RootKind | null>()
  readonly #sequences = new Map<Parent, SequenceDraft>()

  constructor(draft: DocumentDraft, typeDepthMax: number, budget: StepBudget) {
    this.#draft = draft
    this.#typeDepthMax = typeDepthMax
    this.#budget = budget
  }

  /** Checks an item that has a place, and remembers it if it passes. */
  check(run: Run): string | null {
    const { parent, content } = run
    if (parent === null || content === null) throw new RangeError('garbage has no rules to keep')
    const fault =
      run.parentSub === null
        ? (this.#contentFault(parent, content) ?? this.#neighbourFault(run, parent))
        : entryFault(run, content)
    if (fault !== null) return fault
    if (content.kind === 'type' && run.depth > this.#typeDepthMax)
      return `types are nested deeper than ${this.#typeDepthMax} levels`
    if (run.parentSub === null) this.#sequence(parent).add(run)
    return null
  }

  depthIn(parent: Parent): number {
    if (typeof parent === 'string') return 1
    if (!(parent instanceof Y.AbstractType)) return parent.depth + 1
    let depth = 1
    for (let type: unknown = parent; type instanceof Y.AbstractType && type._item !== null; ) {
      if (++depth > this.#typeDepthMax) break
      type = type._item.parent
    }
    return depth
  }

  #contentFault(parent: Parent, content: StructContent): string | null {
    if (typeof parent === 'string') return this.#rootFault(parent, content)
    if (parent instanceof Y.AbstractType)
      return parent._item === null ? this.#rootFault(parent, content) : listFault(listKindOf(parent), content)
    const typeKind = parent.content?.typeKind ?? null
    if (typeKind === null) throw new RangeError('a parent that is no type')
    return listFault(LIST_KINDS[typeKind], content)
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

  /** The order rule; see `SequenceDraft`. Most items stand beside what one of their origins was written to. */
  #neighbourFault(run: Run, parent: Parent): string | null {
    const { origin, rightOrigin } = run
    const besideLeft = origin === null ? null : this.#draft.find(origin).rightOrigin
    const besideRight =
      rightOrigin === null ? null : originAt(this.#draft.find(rightOrigin), rightOrigin.clock)
    if (sameId(besideLeft, rightOrigin) && origin !== null) return null
    if (sameId(besideRight, origin) && rightOrigin !== null) return null
    if (origin === null && rightOrigin === null) return null
    const couldAdjoin =
      origin !== null && rightOrigin !== null && this.#sequence(parent).couldAdjoin(origin, rightOrigin)
    return couldAdjoin ? null : 'the origins of an item were never neighbours'
  }

  #sequence(parent: Parent): SequenceDraft {
    const known = this.#sequences.get(parent)
    if (known !== undefined) return known
    const sequence = new SequenceDraft(this.#draft, parent, this.#budget)
    this.#sequences.set(parent, sequence)
    return sequence
  }
}

const listFault = (kind: ListKind, content: StructContent): string | null =>
  LIST_CONTENT[kind].has(content.kind) ? null : `${content.kind} content in a list of ${kind}`

/** The entries of a key form a list of their own, of which only the end counts: nobody writes further left. */
function entryFault(run: Run, content: StructContent): string | null {
  if (run.rightOrigin !== null) return 'the value of a key has something on its right'
  return ENTRY_CONTENT.has(content.kind) ? null : `${content.kind} content as the value of a key`
}
