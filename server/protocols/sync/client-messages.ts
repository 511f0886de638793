/**
 * What a client of the sync protocol may say, checked strictly: one that says anything else does not speak this
 * version (K1). What a change asks for is checked by itself, so that a bad one is refused and holds nothing up (K5).
 */
import { z } from 'zod'
import { CONFLICT_STATES } from '../../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import { decodeClientMessage } from '../../../shared/sync/codec.ts'
import type { Change, ClientMessage, ConflictAction } from '../../../shared/sync/messages.ts'
import { CHANGE_AFTER_MAX } from '../../../shared/sync/messages.ts'
import { MalformedBytes } from '../../../shared/wire/malformed-bytes.ts'

const TOKEN_LENGTH_MAX = 16 * 1024
const MARK_LENGTH_MAX = 64
const VERSION_LENGTH_MAX = 16 * 1024
const NAME_LENGTH_MAX = 256
const OPS_MAX = 1_000
const CURSOR_LENGTH_MAX = 512 * 1024
const WHERE_MAX = 16
const METADATA_LENGTH_MAX = 4_096
const PRESENCE_ENTRIES_MAX = 512
const NOTE_LENGTH_MAX = 10_000
const SIDES_MAX = 10_000

const number = z.number().int().nonnegative()
const name = z.string().max(NAME_LENGTH_MAX)
const mark = z.string().max(MARK_LENGTH_MAX).nullable()
const cursor = z.string().max(CURSOR_LENGTH_MAX).nullable()
const limit = z.number().int().positive()
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is no byte string')
const channel = { channel: number }
const record = { collection: name, recordId: name }

/** CBOR also holds byte strings, which are no JSON. */
const json = z.custom<Json>(isJson, 'is no JSON value')
const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value) && isJson(value), 'is no JSON object')

const operand = z.union([z.string(), z.number(), z.boolean(), z.null()])
const orderBy = z.strictObject({ field: name, descending: z.boolean() }).nullable()

const query = z.strictObject({
  collection: name,
  where: z
    .record(name, operand)
    .refine((where) => Object.keys(where).length <= WHERE_MAX, `names more than ${WHERE_MAX} fields`),
  orderBy,
  after: cursor,
  limit,
})

const inboxFilter = z.strictObject({
  states: z.array(z.enum(CONFLICT_STATES)).max(CONFLICT_STATES.length).optional(),
  collection: name.optional(),
  recordId: name.optional(),
  assignee: name.nullable().optional(),
  field: name.optional(),
  kind: name.optional(),
  author: name.optional(),
})

const entry = z.strictObject({ client: number, clock: number, state: jsonObject.nullable() })

/** Judged as part of the request that carries it: see `readAction`. */
const unjudged = z.custom<unknown>(() => true)

const messages = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), device: name }),
  z.strictObject({ type: z.literal('token'), token: z.string().max(TOKEN_LENGTH_MAX) }),
  z.strictObject({ type: z.literal('ping'), number }),
  z.strictObject({ type: z.literal('close'), ...channel }),
  z.strictObject({
    type: z.literal('change'),
    change: z.custom<NamedChange>(isNamedChange, 'has no id of 1 to 64 characters A–Z a–z 0–9 _ -'),
  }),
  z.strictObject({ type: z.literal('act'), request: number, conflictId: name, action: unjudged }),
  z.strictObject({ type: z.literal('record.open'), ...channel, ...record, known: mark }),
  z.strictObject({ type: z.literal('text.open'), ...channel, ...record, stateVector: bytes }),
  z.strictObject({ type: z.literal('text.update'), ...channel, number, update: bytes }),
  z.strictObject({ type: z.literal('presence.open'), ...channel, ...record }),
  z.strictObject({
    type: z.literal('presence'),
    ...channel,
    entries: z.array(entry).max(PRESENCE_ENTRIES_MAX),
  }),
  z.strictObject({ type: z.literal('query.open'), ...channel, query, known: mark }),
  z.strictObject({
    type: z.literal('inbox.open'),
    ...channel,
    filter: inboxFilter,
    after: cursor,
    limit,
    counts: z.boolean(),
    known: mark,
  }),
  z.strictObject({ type: z.literal('list.more'), ...channel, limit }),
])

/** A change of which nothing is known but its id. */
export interface NamedChange {
  readonly id: string
}

export type ReadMessage = z.output<typeof messages>

/** Every message that the protocol has is read, and no other. */
export type ReadsAll = [ClientMessage['type'], ReadMessage['type']] extends [
  ReadMessage['type'],
  ClientMessage['type'],
]
  ? true
  : never
true satisfies ReadsAll

/** @throws SluiceError `bad_frame` that names the member at fault. */
export function readClientMessage(frame: Uint8Array): ReadMessage {
  const checked = messages.safeParse(decoded(frame))
  if (checked.success) return checked.data
  throw new SluiceError('bad_frame', firstIssue(checked.error))
}

function decoded(frame: Uint8Array): unknown {
  try {
    return decodeClientMessage(frame)
  } catch (error) {
    if (error instanceof MalformedBytes) throw new SluiceError('bad_frame', error.message)
    throw error
  }
}

const field = z.string().min(1).max(NAME_LENGTH_MAX)
const fieldOp = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('set'), field, value: json }),
  z.strictObject({ type: z.literal('increment'), field, amount: z.number() }),
  z.strictObject({ type: z.literal('add'), field, items: z.array(json) }),
  z.strictObject({ type: z.literal('remove'), field, items: z.array(json) }),
  z.strictObject({ type: z.literal('merge'), field, members: jsonObject }),
])

const changeId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

const change = z.strictObject({
  id: changeId,
  ...record,
  intent: z.enum(['create', 'replace', 'update', 'delete', 'upsert']),
  ops: z.array(fieldOp).max(OPS_MAX),
  seen: z.string().max(VERSION_LENGTH_MAX).nullable(),
  after: z.array(changeId).max(CHANGE_AFTER_MAX),
  metadata: jsonObject.refine(
    (metadata) => JSON.stringify(metadata).length <= METADATA_LENGTH_MAX,
    `is longer than ${METADATA_LENGTH_MAX} characters of JSON`,
  ),
  claimedAt: z.iso.datetime({ offset: true }).nullable(),
  strict: z.boolean(),
}) satisfies z.ZodType<Change>

/** @throws SluiceError `bad_request` that names the member at fault. */
export const readChange = (sent: NamedChange): Change => judged(change, sent, 'change')

const note = z.string().max(NOTE_LENGTH_MAX)
const seen = z.array(name).max(SIDES_MAX)

const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('choose'), side: name, seen, note: note.nullable() }),
  z.strictObject({ type: z.literal('value'), value: json, seen, note: note.nullable() }),
  z.strictObject({ type: z.literal('dismiss'), seen, note: note.min(1) }),
  z.strictObject({ type: z.literal('approve'), proposal: name }),
  z.strictObject({ type: z.literal('withdraw') }),
  z.strictObject({ type: z.literal('undo') }),
  z.strictObject({ type: z.literal('assign'), assignee: name.min(1).nullable() }),
  z.strictObject({ type: z.literal('comment'), text: note.min(1) }),
]) satisfies z.ZodType<ConflictAction>

/** @throws SluiceError `bad_request` that names the member at fault. */
export const readAction = (sent: unknown): ConflictAction => judged(action, sent, 'action')

function judged<Schema extends z.ZodType>(schema: Schema, sent: unknown, what: string): z.output<Schema> {
  const checked = schema.safeParse(sent)
  if (checked.success) return checked.data
  throw new SluiceError('bad_request', `${what}: ${firstIssue(checked.error)}`)
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not valid'}`
}

function isNamedChange(value: unknown): value is NamedChange {
  return isJsonObject(value) && changeId.safeParse(value.id).success
}

/** Depth and number of values are bounded by the frame's own limits. */
function isJson(value: unknown): value is Json {
  if (value === null || typeof value !== 'object') return value !== undefined
  if (value instanceof Uint8Array) return false
  return Object.values(value).every(isJson)
}
