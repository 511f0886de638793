/**
 * In which of a record's documents a field lives. The schema says where a field is put first; from then on it stays in
 * the document in which it was written, also when the rule changes: its history is there, and cannot be taken out (A7).
 */
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import { isReservedKey } from '../../shared/record/reserved-keys.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { unitOf } from '../../shared/schema/unit.ts'
import type { RecordDocument } from './record-document.ts'
import type { RecordState } from './record-state.ts'

/** A document, as a state or a draft holds it. */
export type HeldDocument = Pick<RecordState, 'frontiers' | 'conflicts'> & {
  readonly doc: Pick<RecordDocument, 'value' | 'keys'>
}

/** @param documents the main one first. @returns undefined if the field is in none of them yet. */
export function homeAmong<Document extends HeldDocument>(
  documents: readonly Document[],
  collection: CollectionSpec,
  field: string,
): Document | undefined {
  const { key, fields } = unitOf(collection, field)
  const isWritten = ({ frontiers, conflicts }: Document): boolean =>
    frontiers.has(key) ||
    fields.some((name) => frontiers.has(name)) ||
    disputedIn(conflicts).some((field) => fields.includes(field))
  return (
    documents.find(isWritten) ??
    // A container that nobody has written yet is there all the same (R2).
    documents.find(({ doc }) => fields.some((name) => doc.value(name) !== undefined))
  )
}

/** Every field of which the document may tell something, now or by its history. Reserved keys are left out. */
export function fieldsHeld(
  { doc, frontiers, conflicts }: HeldDocument,
  collection: CollectionSpec,
): Set<string> {
  const declared = [...collection.fields.keys()]
  const held = new Set(doc.keys)
  for (const key of frontiers.keys()) {
    const fields = declared.filter((field) => unitOf(collection, field).key === key)
    for (const field of fields.length > 0 ? fields : [key]) held.add(field)
  }
  for (const field of disputedIn(conflicts)) held.add(field)
  return new Set([...held].filter((field) => !isReservedKey(field)))
}

/** Dead letters are kept with the main document, and are in none. */
const disputedIn = (conflicts: HeldDocument['conflicts']): readonly string[] =>
  [...conflicts.values()].filter((conflict) => !isDeadLetter(conflict)).flatMap(({ fields }) => fields)
