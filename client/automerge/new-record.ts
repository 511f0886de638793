/**
 * Makes the Automerge document of a new record on a client, offline: the same bytes on every replica (R2), so
 * that two clients which create the same record create one record, and the server knows it when it sees it.
 */
import * as Automerge from '@automerge/automerge'
import { genesisOf } from '../../shared/record/genesis.ts'
import { isRecordId } from '../../shared/record/record-id.ts'
import { automergeUrlOf, DEFAULT_TENANT, documentIdOf } from '../../shared/record/record-key.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import { compartmentsOf, MAIN } from '../../shared/schema/compartments.ts'
import type { Collections, SluiceConfig } from '../../shared/schema/config.ts'

export interface NewRecordKey<Name extends string = string> {
  readonly collection: Name
  readonly id: string
  /** The tenant in the user's token; may be left out where there are no tenants. */
  readonly tenant?: string
  /** Which of the record's documents, as `automergeUrls` names it; left out for the main one. */
  readonly compartment?: string
}

export interface NewRecord {
  readonly documentId: string
  readonly url: string
  /** The saved document, for `repo.import(binary, { docId: documentId })`. */
  readonly binary: Uint8Array
}

/** @throws RangeError for a wrong schema, a collection or compartment that it lacks, or an id that no record may have. */
export function newRecord<C extends Collections>(
  config: SluiceConfig<C>,
  { collection, id, tenant = DEFAULT_TENANT, compartment = MAIN }: NewRecordKey<keyof C & string>,
): NewRecord {
  const checked = checkSchema(config)
  if (!checked.ok) throw new RangeError(checked.problems.join('\n'))
  const spec = checked.schema.get(collection)
  if (spec === undefined) throw new RangeError(`the schema has no collection "${collection}"`)
  if (!isRecordId(id)) throw new RangeError(`"${id}" is no record id`)
  if (compartment !== MAIN && !compartmentsOf(spec).includes(compartment))
    throw new RangeError(`the collection has no compartment "${compartment}"`)
  const key = { tenant, collection, id }
  const changes = genesisOf(key, spec, 0, compartment).map(({ bytes }) => bytes)
  const [doc] = Automerge.applyChanges(Automerge.init<Record<string, unknown>>(), changes)
  const binary = Automerge.save(doc)
  Automerge.free(doc)
  return { documentId: documentIdOf(key, 0, compartment), url: automergeUrlOf(key, compartment), binary }
}
