/**
 * What a session may do with one of a record's documents (A7). A document goes over the wire whole, so it is for those
 * who may read every field that it tells of: those that the schema puts there, and those that lie there already.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import { COLLECTION_KEY } from '../../shared/record/reserved-keys.ts'
import { dependsOnRecord } from '../../shared/schema/access.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { Actor } from '../auth/actor.ts'
import type { Asked, Authorizer } from '../auth/authorizer.ts'
import { recordProblem } from '../plan/check-permission.ts'
import type { RecordState } from '../plan/record-state.ts'
import { fieldsToldIn, viewOf } from '../plan/view-of.ts'

/** The question about a record as it is. */
export function askedOfState(actor: Actor, state: RecordState): Asked {
  const { collection } = state
  return { actor, collection, record: dependsOnRecord(collection.access) ? viewOf(state).fields : null }
}

/** A document of a record, about which a session asks. */
export interface AskedDocument {
  readonly asked: Asked
  readonly compartment: string
  /** All that it tells of. */
  readonly fields: ReadonlySet<string>
  /** The session brings it. */
  readonly isNew: boolean
}

export function askedDocument(
  actor: Actor,
  state: RecordState,
  compartment: string,
  isNew = false,
): AskedDocument {
  const asked = askedOfState(actor, state)
  // Of a record that does not exist there is nothing at hand for a function.
  const about = state.doc.value(COLLECTION_KEY) === undefined ? { ...asked, record: null } : asked
  return { asked: about, compartment, fields: fieldsOf(state, compartment), isNew }
}

/**
 * Why a session that may read the record may not open the document; null if it may. Of a compartment it is told nothing:
 * it is as unknown as one that does not exist.
 */
export function documentDenial(
  authorizer: Authorizer,
  { asked, compartment, fields, isNew }: AskedDocument,
): SluiceError | 'unknown' | null {
  const { name } = asked.collection
  const field = authorizer.unreadable(asked, fields)
  if (field !== null && compartment !== MAIN) return 'unknown'
  if (isNew && !authorizer.mayWrite(asked)) return recordProblem(name)
  if (field === null) return null
  return new SluiceError('forbidden', `${field}: you may not read this field, so open the record by REST`)
}

/** The record may have changed since the document was opened (A6). */
export function mayStillRead(
  authorizer: Authorizer,
  actor: Actor,
  state: RecordState,
  compartment: string,
): boolean {
  const document = askedDocument(actor, state, compartment)
  return authorizer.mayRead(document.asked) && documentDenial(authorizer, document) === null
}

const NONE: ReadonlySet<string> = new Set()
const known = new WeakMap<RecordState, Map<string, ReadonlySet<string>>>()

/** Worked out once for each state of the record: every session is asked about it after each commit. */
function fieldsOf(state: RecordState, compartment: string): ReadonlySet<string> {
  const { collection } = state
  // Without rules for fields there is nothing to ask.
  if (collection.access.fields.size === 0) return NONE
  const documents = known.get(state) ?? new Map<string, ReadonlySet<string>>()
  known.set(state, documents)
  const found = documents.get(compartment) ?? fieldsToldIn(state, compartment)
  documents.set(compartment, found)
  return found
}
