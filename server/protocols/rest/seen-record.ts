/** A record as the caller of a request may see it. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import { refuseErased } from './record-answer.ts'
import type { RestContext, RestParts } from './rest-context.ts'
import { keyOf } from './rest-context.ts'
import type { Sight } from './visibility.ts'
import { visibilityFor } from './visibility.ts'

export interface SeenRecord {
  readonly key: RecordKey
  readonly collection: CollectionSpec
  readonly stored: StoredRecord
  readonly sees: Sight
}

/** Deleted ones, too. @throws SluiceError `not_found` or `erased`. */
export async function seenRecord(
  c: RestContext,
  parts: Pick<RestParts, 'rooms' | 'storage' | 'authorizer' | 'schema'>,
  params: { readonly collection: string; readonly id: string },
): Promise<SeenRecord> {
  const key = keyOf(c, params)
  const collection = parts.rooms.collectionOf(key)
  const stored = await parts.storage.readRecord(key)
  const sees = stored === null ? null : visibilityFor(c, parts).sightOf(collection, stored)
  if (stored === null || sees === null) throw new SluiceError('not_found', 'there is no such record')
  refuseErased(stored)
  return { key, collection, stored, sees }
}
