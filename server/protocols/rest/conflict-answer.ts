/** What the REST door answers about a conflict. */
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'

export interface ConflictAnswer extends Conflict {
  readonly collection: string
  readonly recordId: string
}

export const conflictAnswer = (conflict: Conflict, key: RecordKey): ConflictAnswer => ({
  id: conflict.id,
  state: conflict.state,
  kind: conflict.kind,
  collection: key.collection,
  recordId: key.id,
  fields: conflict.fields,
  base: conflict.base,
  inForce: conflict.inForce,
  incumbent: conflict.incumbent,
  alongside: conflict.alongside,
  challengers: conflict.challengers,
  openedAt: conflict.openedAt,
  assignee: conflict.assignee,
  proposal: conflict.proposal,
  resolution: conflict.resolution,
  events: conflict.events,
})
