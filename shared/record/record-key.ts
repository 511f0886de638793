/** Names a record: `(tenant, collection, id)`, and the Automerge document that holds its fields (R1). */

import bs58check from 'bs58check'
import { parse as parseUuid, v5 as uuidV5 } from 'uuid'

export interface RecordKey {
  readonly tenant: string
  readonly collection: string
  readonly id: string
}

/** The tenant of an installation that does not use tenants. */
export const DEFAULT_TENANT = 'default'

/** Length limit of a record id and a tenant, in UTF-16 units. */
export const RECORD_ID_LENGTH_MAX = 128

/** UUIDv5 namespace of Sluice records; fixed for good, since every document id derives from it. */
const NAMESPACE = '6a2a5a0c-5f3b-5d0e-9f5c-1c1de5a6b1d7'

/** The room name of the record's text: `collection/id`. */
export const roomName = (key: RecordKey): string => `${key.collection}/${key.id}`

/** A string that is different for different keys, for use in maps. */
export const keyString = (key: RecordKey): string => JSON.stringify([key.tenant, key.collection, key.id])

/**
 * The record's Automerge `documentId` (R1): bs58check of a UUIDv5 of the key, so that a client can compute
 * it and the server can tell whether a document that a client brings is the record it claims to be.
 * @param epoch how often the record has been erased: what begins anew is another document (E3).
 */
export function documentIdOf(key: RecordKey, epoch = 0): string {
  const name = epoch === 0 ? keyString(key) : JSON.stringify([key.tenant, key.collection, key.id, epoch])
  return bs58check.encode(parseUuid(uuidV5(name, NAMESPACE)))
}

export const automergeUrl = (documentId: string): string => `automerge:${documentId}`

export const automergeUrlOf = (key: RecordKey): string => automergeUrl(documentIdOf(key))

/** True for ids that fit a URL path segment, a SQL column and a log line without surprises. */
export const isRecordId = (id: string): boolean =>
  id.length > 0 &&
  id.length <= RECORD_ID_LENGTH_MAX &&
  id !== '.' &&
  id !== '..' &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  !/[\u0000-\u001f\u007f/\\]/.test(id)
