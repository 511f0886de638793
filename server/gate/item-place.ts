/** Where an item of an update would stand, read off its origins or its parent. */
import * as Y from 'yjs'
import type { DocumentDraft, Parent, Run } from './document-draft.ts'
import type { WireStruct } from './update-decoder.ts'

/** The list that an item belongs to. Without parent, it belongs nowhere: Yjs keeps it as garbage. */
export interface Place {
  readonly parent: Parent | null
  /** The key, in the list of its entries. */
  readonly parentSub: string | null
}

const NOWHERE: Place = { parent: null, parentSub: null }

export const samePlace = (a: Place, b: Place): boolean => a.parent === b.parent && a.parentSub === b.parentSub

/** @param struct of kind item; the draft must have all that it builds on. */
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

const isDeletedContent = ({ item, content }: Run): boolean =>
  item === null ? content?.kind === 'deleted' : item.content instanceof Y.ContentDeleted

function typeHeldBy(run: Run): Parent | null {
  if (run.item === null) return run.content?.kind === 'type' ? run : null
  return run.item.content instanceof Y.ContentType ? run.item.content.type : null
}
