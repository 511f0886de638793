/**
 * Reads the bodies that PowerSync connectors send, of which four are in the wild:
 * A. `{ batch: [{ op_id, op, type, id, tx_id, data, old, metadata }] }`, raw `transaction.crud`;
 * B. `{ op, table, id, opData }`; C. `{ batch: [{ op, table, id, data }] }`;
 * D. `PUT|PATCH|DELETE` with `{ table, data: { id, … } }`.
 * Beside a batch, and in an operation, `client_id` may name the local database.
 * Pure. What is wrong with one entry is that entry's own matter, so that it never holds up the others.
 */
import type { JsonObject } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { ExactJson, ExactObject } from '../../../shared/wire/exact-json.ts'
import {
  depthOf,
  exactToJson,
  hasKey,
  isExactArray,
  isExactObject,
  parseExactJson,
} from '../../../shared/wire/exact-json.ts'

export type UploadKind = 'PUT' | 'PATCH' | 'DELETE'

export interface UploadOp {
  /** The client's own number of the operation; null if its connector does not send it. */
  readonly opId: string | null
  readonly txId: string | null
  /** The local database that numbered it (PowerSync's `getClientId()`); null if the connector does not say. */
  readonly database: string | null
  readonly op: UploadKind
  readonly table: string
  readonly id: string
  /** Column → value as the client's SQLite holds it, without `id`. */
  readonly data: ExactObject
  /** The columns' values before the operation; null if the connector does not send them. */
  readonly old: ExactObject | null
  readonly metadata: JsonObject
}

/** An entry that is no operation, with as much of it as was understood. */
export interface UnreadableOp {
  readonly opId: string | null
  readonly op: string
  readonly table: string
  readonly id: string
  readonly problem: string
}

export type UploadEntry =
  | { readonly ok: true; readonly op: UploadOp }
  | { readonly ok: false; readonly op: UnreadableOp }

export type UploadRead =
  | { readonly ok: true; readonly entries: readonly UploadEntry[] }
  | { readonly ok: false; readonly problem: string }

/** Limits of JSON that comes as text within the body. */
export const INNER_JSON_LIMITS = { depthMax: 32, valuesMax: 20_000 }
const METADATA_LENGTH_MAX = 4096

/** @param method of the request: body D says there what the operation is. */
export function readUpload(method: string, body: ExactJson): UploadRead {
  if (isExactArray(body)) return { ok: true, entries: body.map((entry) => readEntry(entry, null, null)) }
  if (!isExactObject(body)) return { ok: false, problem: 'takes an operation or { "batch": [operations] }' }
  const { batch } = body
  const database = nameOf(body.client_id)
  if (isExactArray(batch))
    return { ok: true, entries: batch.map((entry) => readEntry(entry, null, database)) }
  if (batch !== undefined) return { ok: false, problem: 'batch: takes an array' }
  if (method === 'POST' && body.op === undefined)
    return { ok: false, problem: 'takes an operation or { "batch": [operations] }' }
  return { ok: true, entries: [readEntry(body, method === 'POST' ? null : method, null)] }
}

function readEntry(entry: ExactJson, impliedOp: string | null, batchDatabase: string | null): UploadEntry {
  if (!isExactObject(entry))
    return unreadable({ opId: null, op: '', table: '', id: '' }, 'the operation is not an object')
  const data = objectOf(first(entry, 'data', 'opData'))
  const old = objectOf(first(entry, 'old', 'previousValues', 'previous_values'))
  const metadata = metadataOf(entry.metadata)
  const named = {
    opId: nameOf(first(entry, 'op_id', 'opId', 'clientId')),
    op: (nameOf(entry.op) ?? impliedOp ?? '').toUpperCase(),
    table: nameOf(first(entry, 'type', 'table')) ?? '',
    id: nameOf(first(entry, 'id')) ?? (isExactObject(data) ? nameOf(data.id) : null) ?? '',
  }
  const { op } = named
  if (depthOf(entry) > INNER_JSON_LIMITS.depthMax)
    return unreadable(named, `nested deeper than ${INNER_JSON_LIMITS.depthMax} levels`)
  // It becomes a prototype when a reader copies the object, and some arrive as text.
  if ([entry, data, old, metadata].some((part) => hasKey(part ?? null, '__proto__')))
    return unreadable(named, 'has a key that is not allowed: "__proto__"')
  if (!isKind(op)) return unreadable(named, 'op: takes PUT, PATCH or DELETE')
  if (named.table === '') return unreadable(named, 'table: is missing')
  if (named.id === '') return unreadable(named, 'id: is missing')
  if (data === undefined) return unreadable(named, 'data: takes an object')
  if (old === undefined) return unreadable(named, 'old: takes an object')
  // An insert of nothing but an id has no columns, and says so with null.
  const { id: _id, ...columns } = data ?? {}
  const database = nameOf(entry.client_id) ?? batchDatabase
  return readable({ ...named, op, txId: txIdOf(entry), database, data: columns, old, metadata })
}

const txIdOf = (entry: ExactObject): string | null => nameOf(first(entry, 'tx_id', 'txId', 'transactionId'))

/** The first of these members that says something. */
const first = (entry: ExactObject, ...names: readonly string[]): ExactJson | undefined =>
  names.map((name) => entry[name]).find((value) => value !== undefined && value !== null)

/** A name or a number as text. */
function nameOf(value: ExactJson | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'bigint' ? value.toString() : null
}

/** An object, or one as JSON text; null if there is none, undefined if it is something else. */
function objectOf(value: ExactJson | undefined): ExactObject | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') return isExactObject(value) ? value : undefined
  const parsed = parseExactJson(value, INNER_JSON_LIMITS)
  if (!parsed.ok) return undefined
  return parsed.value === null ? null : isExactObject(parsed.value) ? parsed.value : undefined
}

/**
 * A JSON object, or one as text; any other text stands under `message`. What is neither, or too long, is left out,
 * and says so in its place: the operation is worth more than what is said about it.
 */
function metadataOf(value: ExactJson | undefined): JsonObject {
  if (value === undefined || value === null || value === '') return {}
  const object = objectOf(value) ?? (typeof value === 'string' ? { message: value } : undefined)
  const metadata = object === undefined ? undefined : exactToJson(object)
  if (!isJsonObject(metadata)) return { metadataLeftOut: 'takes a JSON object or a text' }
  return JSON.stringify(metadata).length <= METADATA_LENGTH_MAX
    ? metadata
    : { metadataLeftOut: `takes at most ${METADATA_LENGTH_MAX} characters` }
}

const isKind = (op: string): op is UploadKind => op === 'PUT' || op === 'PATCH' || op === 'DELETE'

const readable = (op: UploadOp): UploadEntry => ({ ok: true, op })

const unreadable = (named: Omit<UnreadableOp, 'problem'>, problem: string): UploadEntry => ({
  ok: false,
  op: { ...named, problem },
})
