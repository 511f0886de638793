/**
 * "Restore mine": what an author wrote and lost, as the operations that write it again. It becomes a change
 * like any other, so it is checked, merged or held as if he had typed it once more.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { opsOfEdit } from '../../../shared/record/field-edit.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import type { StoredFieldChange } from '../../storage/change-log.ts'
import type { Storage } from '../../storage/storage.ts'

/** @throws SluiceError `not_found` if the tenant's log has no such line. */
export async function findChange(
  storage: Pick<Storage, 'listFieldChanges'>,
  tenant: string,
  position: number,
): Promise<StoredFieldChange> {
  const { items } = await storage.listFieldChanges({
    tenant,
    order: 'oldest',
    after: position - 1,
    cursor: null,
    limit: 1,
  })
  const [change] = items
  if (change?.position !== position) throw noChange()
  return change
}

export const noChange = (): SluiceError => new SluiceError('not_found', 'there is no such change')

/** @throws SluiceError `not_restorable` for a change that was not lost, or that a set cannot repeat. */
export function restoringOps(change: StoredFieldChange): readonly FieldOp[] {
  const { field, outcome, operation, oldValue, newValue } = change
  if (outcome === 'held')
    throw new SluiceError('not_restorable', 'the change is held: decide its conflict instead', {
      conflictId: change.conflictId,
    })
  if (outcome !== 'superseded' && outcome !== 'rejected')
    throw new SluiceError('not_restorable', `the change was ${outcome}, so nothing of it was lost`)
  if (operation === 'edit') return refuseNone(opsOfEdit(field, { removed: oldValue, added: newValue }))
  const written = writtenValue(change)
  if (operation !== 'increment') return [{ type: 'set', field, value: written }]
  // A superseded increment counted until something took the place of the whole counter.
  if (outcome === 'superseded' || typeof written !== 'number')
    throw new SluiceError('not_restorable', 'an increment that was in force is not repeated')
  return [{ type: 'increment', field, amount: written }]
}

function refuseNone(ops: readonly FieldOp[]): readonly FieldOp[] {
  if (ops.length > 0) return ops
  throw new SluiceError('not_restorable', 'the change took nothing out and put nothing in')
}

/** The line that tells of a write's loss to another names what has taken its place as the new value. */
const writtenValue = ({ outcome, oldValue, newValue }: StoredFieldChange): StoredFieldChange['newValue'] =>
  outcome === 'superseded' ? oldValue : newValue
