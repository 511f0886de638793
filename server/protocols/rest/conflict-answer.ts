/** What REST and the SDK's door answer about a conflict. */
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { ConflictView } from '../../../shared/sync/messages.ts'

/** @param mayResolve whether whoever is answered may decide it (A5). */
export const conflictAnswer = (conflict: Conflict, key: RecordKey, mayResolve: boolean): ConflictView => ({
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
  forgotten: conflict.forgotten,
  mayResolve,
})
