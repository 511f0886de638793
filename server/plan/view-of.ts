/** A record's state as readers see it: what REST answers and tables show. */
import * as Automerge from '@automerge/automerge'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { Json } from '../../shared/json.ts'
import { COLLECTION_KEY, DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { readField } from './automerge-values.ts'
import type { RecordView } from './plan.ts'
import type { RecordState } from './record-state.ts'

export function viewOf(state: RecordState): RecordView {
  const fields: Record<string, Json> = {}
  for (const [field, spec] of state.collection.fields) {
    const value = readField(spec, state.doc[field])
    fields[field] = value ?? spec.default ?? null
  }
  const disputed: Record<string, { conflictId: string; challengers: number }> = {}
  for (const conflict of state.conflicts.values()) {
    if (!isOpen(conflict) || isDeadLetter(conflict)) continue
    const challengers = standingSides(conflict).length - 1 - conflict.alongside.length
    for (const field of conflict.fields) disputed[field] = { conflictId: conflict.id, challengers }
  }
  // A record of which there is nothing but refused writes has never come to be.
  const deleted = state.doc[COLLECTION_KEY] === undefined || state.doc[DELETED_KEY] === true
  return { heads: Automerge.getHeads(state.doc), fields, disputed, deleted }
}
