/**
 * Carries out uploaded operations, one after the other, each in a commit of its own. What can never be written
 * is logged and answered; only what may succeed later fails the whole request, and then the client repeats it.
 */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { isRecordId, RECORD_ID_LENGTH_MAX } from '../../../shared/record/record-key.ts'
import { decodeVersion } from '../../../shared/record/version.ts'
import { normalizeDate } from '../../../shared/schema/check-value.ts'
import { exactToJson } from '../../../shared/wire/exact-json.ts'
import type { Actor } from '../../auth/actor.ts'
import { rejectedWhole } from '../../plan/execute-upload.ts'
import type { KeptAnswer } from '../../plan/plan.ts'
import type { FieldResult, Keep, RecordCommand, RejectedWrite } from '../../plan/record-command.ts'
import { keptResults } from '../rest/answer-write.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { UploadEntry, UploadOp } from './read-upload.ts'
import type { OpName, OpResult } from './upload-answer.ts'
import { opResult, rejection } from './upload-answer.ts'
import { keepFor } from './upload-identity.ts'
import { isOverlong, OP_VALUES_MAX, uploadWrites } from './upload-writes.ts'

export interface Uploader {
  readonly actor: Actor
  /** One request. */
  readonly session: string
}

type Parts = Pick<RestParts, 'rooms' | 'schema' | 'now'>
type Fields = Readonly<Record<string, FieldResult>>

/**
 * @throws SluiceError `store_unavailable`, `too_many`, `shutting_down` or `internal`: nothing is known of this
 * operation then, and it must be repeated.
 */
export async function applyUpload(parts: Parts, uploader: Uploader, entry: UploadEntry): Promise<OpResult> {
  if (entry.ok) return applyOp(parts, uploader, entry.op)
  const { problem, ...name } = entry.op
  const origin = originOf(parts, uploader, null)
  const rejected = [rejectedWhole(name.op, 'bad_request', problem)]
  return submit(parts, name, keyOf(uploader, name), { type: 'bury', rejected, origin, keep: null })
}

async function applyOp(parts: Parts, uploader: Uploader, op: UploadOp): Promise<OpResult> {
  const name: OpName = { opId: op.opId, op: op.op, table: op.table, id: op.id }
  const key = keyOf(uploader, op)
  const origin = originOf(parts, uploader, op)
  const keep = keepFor(uploader.actor, op)
  const refuse = (code: ErrorCode, reason: string): Promise<OpResult> =>
    submit(parts, name, key, { type: 'bury', rejected: lostWrites(op, code, reason), origin, keep })

  const collection = parts.schema.get(op.table)
  if (collection === undefined)
    return refuse('unknown_collection', `there is no collection "${key.collection}"`)
  if (!isRecordId(op.id))
    return refuse('bad_request', 'an id is 1 to 128 characters, without slashes and control characters')
  if (isOverlong(op)) return refuse('too_large', `the operation holds more than ${OP_VALUES_MAX} values`)
  const saw = seenBy(op)
  if (saw === 'unknown') return refuse('unknown_version', 'sluiceVersion is not a version of this record')

  const writes = uploadWrites(collection, op, keep !== null)
  return submit(parts, name, key, { type: 'upload', op: op.op, ...writes, saw, origin, keep })
}

type Submission = Extract<RecordCommand, { type: 'upload' | 'bury' }>

async function submit(
  { rooms }: Parts,
  name: OpName,
  key: RecordKey,
  command: Submission,
): Promise<OpResult> {
  const room = command.type === 'bury' ? rooms.deadLetters(key) : rooms.record(key)
  const outcome = await room.submit(command)
  // Nothing of it may be logged: it may be what was erased (E4).
  if (!outcome.ok && outcome.error.code === 'erased') return rejection(name, 'erased', outcome.error.message)
  if (!outcome.ok) throw outcome.error
  return outcome.earlier === null
    ? opResult(name, outcome.fields)
    : repeated(name, command.keep, outcome.earlier)
}

/** What the operation was answered when it was carried out. */
function repeated(name: OpName, keep: Keep | null, earlier: KeptAnswer): OpResult {
  if (keep?.request !== earlier.request)
    return rejection(name, 'reused_key', 'another operation was sent with this ledgerId before')
  const fields: Fields = keptResults(earlier)
  return opResult(name, fields, true)
}

/** The tenant is the token's, whatever the operation says. Names too long for a key are cut for the log. */
const keyOf = ({ actor }: Uploader, { table, id }: Pick<OpName, 'table' | 'id'>): RecordKey => ({
  tenant: actor.tenant,
  collection: table.slice(0, RECORD_ID_LENGTH_MAX),
  id: id.slice(0, RECORD_ID_LENGTH_MAX),
})

function originOf({ now }: Parts, { actor, session }: Uploader, op: UploadOp | null): Origin {
  const metadata = op?.metadata ?? {}
  const { editedAt } = metadata
  return {
    subject: actor.subject,
    roles: actor.roles,
    session,
    door: 'upload',
    device: actor.device,
    metadata,
    claimedAt: typeof editedAt === 'string' ? normalizeDate(editedAt) : null,
    receivedAt: now(),
  }
}

/** Heads that the author saw, if the metadata names a version; null for the present. */
function seenBy({ metadata: { sluiceVersion } }: UploadOp): readonly string[] | null | 'unknown' {
  if (sluiceVersion === undefined || sluiceVersion === null) return null
  const version = typeof sluiceVersion === 'string' ? decodeVersion(sluiceVersion) : null
  return version === null || version.heads.length === 0 ? 'unknown' : version.heads
}

/** Everything that the operation would have written. */
function lostWrites(op: UploadOp, code: ErrorCode, reason: string): readonly RejectedWrite[] {
  const columns = op.op === 'DELETE' ? [] : Object.entries(op.data)
  return columns.length === 0
    ? [rejectedWhole(op.op, code, reason)]
    : columns.map(([field, value]) => ({
        field,
        operation: 'set',
        value: exactToJson(value),
        code,
        reason,
      }))
}
