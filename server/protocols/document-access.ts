/**
 * What a session may do with a record's document (A7). It goes over the wire whole, so it is for those who may read
 * every one of its fields.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import { dependsOnRecord } from '../../shared/schema/access.ts'
import type { Actor } from '../auth/actor.ts'
import type { Asked, Authorizer } from '../auth/authorizer.ts'
import { recordProblem } from '../plan/check-permission.ts'
import type { RecordState } from '../plan/record-state.ts'
import { viewOf } from '../plan/view-of.ts'

/** The question about a record as it is. */
export function askedOfState(actor: Actor, state: RecordState): Asked {
  const { collection } = state
  return { actor, collection, record: dependsOnRecord(collection.access) ? viewOf(state).fields : null }
}

/** @param isNew the record does not exist, and the session brings it. @returns why it may not; null if it may. */
export function documentDenial(authorizer: Authorizer, asked: Asked, isNew: boolean): SluiceError | null {
  const { name, fields } = asked.collection
  if (isNew && !authorizer.mayWrite(asked)) return recordProblem(name)
  const field = authorizer.unreadable(asked, fields.keys())
  if (field === null) return null
  return new SluiceError('forbidden', `${field}: you may not read this field, so open the record by REST`)
}

/** The record may have changed since the document was opened (A6). */
export function mayStillRead(authorizer: Authorizer, actor: Actor, state: RecordState): boolean {
  const asked = askedOfState(actor, state)
  return authorizer.mayRead(asked) && documentDenial(authorizer, asked, false) === null
}
