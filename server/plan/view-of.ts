/** A record's state as readers see it: what REST answers and tables show. */
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { Json, JsonObject } from '../../shared/json.ts'
import { COLLECTION_KEY, DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { compartmentOf } from '../../shared/schema/compartments.ts'
import { fieldsHeld, homeAmong } from './home-of.ts'
import type { CompartmentView, RecordView } from './plan.ts'
import type { RecordState } from './record-state.ts'
import { documentOf, documentsOf } from './record-state.ts'

export function viewOf(state: RecordState): RecordView {
  const disputed: Record<string, { conflictId: string; challengers: number }> = {}
  for (const conflict of documentsOf(state).flatMap(({ conflicts }) => [...conflicts.values()])) {
    if (!isOpen(conflict) || isDeadLetter(conflict)) continue
    const challengers = standingSides(conflict).length - 1 - conflict.alongside.length
    for (const field of conflict.fields) disputed[field] = { conflictId: conflict.id, challengers }
  }
  // A record of which there is nothing but refused writes has never come to be.
  const deleted = state.doc.value(COLLECTION_KEY) === undefined || state.doc.value(DELETED_KEY) === true
  const view = { heads: state.doc.heads, fields: fieldsOf(state), disputed, deleted }
  const compartments = compartmentViews(state)
  return compartments.length === 0 ? view : { ...view, compartments }
}

/** In which of the record's documents the field lives; undefined if that one has not come to be. */
export function homeOf(state: RecordState, field: string): RecordState | undefined {
  if (state.compartments.size === 0 && compartmentOf(state.collection, field) === state.compartment)
    return state
  return (
    homeAmong(documentsOf(state), state.collection, field) ??
    documentOf(state, compartmentOf(state.collection, field))
  )
}

function fieldsOf(state: RecordState): JsonObject {
  const fields: Record<string, Json> = {}
  for (const [field, spec] of state.collection.fields) {
    const home = homeOf(state, field)
    const value = home === undefined ? null : home.doc.field(field, spec)
    fields[field] = value ?? spec.default ?? null
  }
  return fields
}

/** Of an erased one nothing is left until it begins anew (E3). */
const compartmentViews = ({ compartments, collection }: RecordState): readonly CompartmentView[] =>
  [...compartments.values()]
    .map((part) => ({
      compartment: part.compartment,
      documentId: part.documentId,
      heads: part.doc.heads,
      fields: [...fieldsHeld(part, collection)].sort(),
    }))
    .filter(({ heads }) => heads.length > 0)

/** Every field that one of the record's documents tells of: those that live there or are to, and those of its history. */
export function fieldsToldIn(state: RecordState, compartment: string): ReadonlySet<string> {
  const { collection } = state
  const document = documentOf(state, compartment)
  const living = [...collection.fields.keys()].filter(
    (field) => (homeOf(state, field)?.compartment ?? compartmentOf(collection, field)) === compartment,
  )
  return new Set([...living, ...(document === undefined ? [] : fieldsHeld(document, collection))])
}
