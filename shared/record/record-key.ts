/** Names a record: `(tenant, collection, id)`, and the Automerge document that holds its fields (R1). */

import bs58check from 'bs58check'
import { parse as parseUuid, v5 as uuidV5 } from 'uuid'
import { MAIN } from '../schema/compartments.ts'

export interface RecordKey {
  readonly tenant: string
  readonly collection: string
  readonly id: string
}

/** The tenant of an installation that does not use tenants. */
export const DEFAULT_TENANT = 'default'

/** UUIDv5 namespace of Sluice records; fixed for good, since every document id derives from it. */
const NAMESPACE = '6a2a5a0c-5f3b-5d0e-9f5c-1c1de5a6b1d7'

/** The room name of the record's text: `collection/id`. */
export const roomName = (key: RecordKey): string => `${key.collection}/${key.id}`

/** A string that is different for different keys, for use in maps. */
export const keyString = (key: RecordKey): string => JSON.stringify([key.tenant, key.collection, key.id])

/**
 * The `documentId` of one of the record's Automerge documents (R1): bs58check of a UUIDv5 of the key and, unless it
 * is the main one, of its compartment. So a client can compute it, and the server can tell whether a document that a
 * client brings is the record it claims to be.
 * @param epoch how often the record has been erased: what begins anew is another document (E3).
 */
export function documentIdOf(key: RecordKey, epoch = 0, compartment = MAIN): string {
  const name = [
    key.tenant,
    key.collection,
    key.id,
    ...(epoch === 0 ? [] : [epoch]),
    ...(compartment === MAIN ? [] : [compartment]),
  ]
  return bs58check.encode(parseUuid(uuidV5(JSON.stringify(name), NAMESPACE)))
}

export const automergeUrl = (documentId: string): string => `automerge:${documentId}`

/** Of a record that has never been erased. */
export const automergeUrlOf = (key: RecordKey, compartment = MAIN): string =>
  automergeUrl(documentIdOf(key, 0, compartment))
