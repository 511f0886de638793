/** Asks the authorizer about what a command wants to write, at the record as it is in force (A2, A4). */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { JsonObject } from '../../shared/json.ts'
import { applyOps } from '../../shared/policies/apply-op.ts'
import { emptyValue } from '../../shared/policies/check-field-ops.ts'
import type { FieldOp, WriteIntent } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { COLLECTION_KEY, DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { dependsOnRecord } from '../../shared/schema/access.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Asked, Authorizer } from '../auth/authorizer.ts'
import { fieldsInForce } from './in-force.ts'
import type { RecordDraft } from './record-draft.ts'

export interface WantedWrite {
  readonly intent: WriteIntent
  readonly ops: readonly FieldOp[]
  readonly saw: readonly string[] | null
  readonly origin: Origin
}

/** Who writes, and the record as it is in force; of one that is being created as it would be. */
export function askedOf(
  draft: RecordDraft,
  origin: Origin,
  creating: readonly FieldOp[] | null = null,
): Asked {
  const { collection } = draft
  const { subject, roles, device } = origin
  const actor = { subject, tenant: draft.origin.key.tenant, roles, device }
  if (!dependsOnRecord(collection.access)) return { actor, collection, record: null }
  const before = fieldsInForce(draft)
  const record = creating === null ? before : applyOps(collection, emptyFields(collection), creating)
  return { actor, collection, record }
}

/** What is wrong with the write as a whole, or with the first field that the author may not write. */
export function permissionProblem(
  draft: RecordDraft,
  authorizer: Authorizer,
  { intent, ops, saw, origin }: WantedWrite,
): SluiceError | null {
  const creates = intent !== 'update' && intent !== 'delete'
  const asked = askedOf(draft, origin, creates && !draft.exists ? ops : null)
  const { name } = draft.collection
  if (!authorizer.mayReadSome(asked.actor, asked.collection))
    return new SluiceError('forbidden', `${name}: you may not read this collection`)
  // That there is no such record must be told as it is of one that he may not read.
  if (!creates && !draft.exists && !draft.existedAt(saw)) return null
  // Its history goes with the record: who creates a deleted one again may read what it held.
  const isHidden = hasBeen(draft) && !authorizer.mayRead(askedOf(draft, origin))
  if (isHidden)
    return creates
      ? new SluiceError('forbidden', `${name}: you may not write this record`)
      : new SluiceError('not_found', 'there is no such record')
  const fields = new Set(ops.map(({ field }) => field))
  const field = authorizer.unwritable(asked, fields)
  if (field !== null) return fieldProblem(field)
  return authorizer.mayWrite(asked) ? null : recordProblem(name)
}

/** Of a raw change: the first field in it that the author may not write. */
export function rawProblem(
  draft: RecordDraft,
  authorizer: Authorizer,
  origin: Origin,
  fields: readonly string[],
): SluiceError | null {
  const field = authorizer.unwritable(askedOf(draft, origin), fields)
  if (field === null) return null
  return field === DELETED_KEY ? recordProblem(draft.collection.name) : fieldProblem(field)
}

/** Of a record that does not exist yet, and comes to be before anything is known of it. */
export function creationProblem(
  draft: RecordDraft,
  authorizer: Authorizer,
  origin: Origin,
): SluiceError | null {
  const asked = { ...askedOf(draft, origin), record: null }
  return authorizer.mayWrite(asked) ? null : recordProblem(draft.collection.name)
}

export const fieldProblem = (field: string): SluiceError =>
  new SluiceError('forbidden', `${field}: you may not write this field`, { field })

export const recordProblem = (collection: string): SluiceError =>
  new SluiceError('forbidden', `${collection}: you may not write its records`)

const hasBeen = ({ whole }: RecordDraft): boolean => whole.doc.value(COLLECTION_KEY) !== undefined

/** A record that is created again starts without what it held before it was deleted. */
const emptyFields = ({ fields }: CollectionSpec): JsonObject =>
  Object.fromEntries([...fields].map(([field, spec]) => [field, spec.default ?? emptyValue(spec)]))
