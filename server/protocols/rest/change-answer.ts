/** What the REST door answers about a line of the change log. */
import type { FieldChange } from '../../../shared/record/field-change.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import { provenanceOf } from '../../plan/read-write.ts'
import type { StoredFieldChange } from '../../storage/change-log.ts'

export interface ChangeAnswer extends Omit<FieldChange, 'origin'>, Omit<Origin, 'subject'> {
  readonly position: number
  readonly collection: string
  readonly recordId: string
  readonly author: string
}

export const changeAnswer = ({ position, key, origin, ...change }: StoredFieldChange): ChangeAnswer => ({
  position,
  collection: key.collection,
  recordId: key.id,
  field: change.field,
  operation: change.operation,
  oldValue: change.oldValue,
  newValue: change.newValue,
  outcome: change.outcome,
  reason: change.reason,
  code: change.code,
  conflictId: change.conflictId,
  changeHash: change.changeHash,
  ...provenanceOf(origin),
})
