/**
 * Carries out uploaded operations, one after the other, each in a commit of its own. What can never be written
 * is logged and answered; only what may succeed later fails the whole request, and then the client repeats it.
 */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { isRecordId, RECORD_ID_LENGTH_MAX } from '../../../shared/record/record-key.ts'
import { decodeVersion } from '../../../shared/record/version.ts'
import { normalizeDate } from '../../../shared/schema/check-value.ts'
import { exactToJson } from '../../../shared/wire/exact-json.ts'
import type { Actor } from '../../auth/actor.ts'
import { rejectedWhole } from '../../plan/execute-upload.ts'
import type { KeptAnswer } from '../../plan/plan.ts'
import type { DeadLetter } from '../../plan/plan-dead-letter.ts'
import { planDeadLetter } from '../../plan/plan-dead-letter.ts'
import type { FieldResult, Keep, RejectedWrite } from '../../plan/record-command.ts'
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

type Parts = Pick<RestParts, 'rooms' | 'storage' | 'schema' | 'health' | 'now'>
type Fields = Readonly<Record<string, FieldResult>>

/**
 * @throws SluiceError `store_unavailable`, `too_many`, `shutting_down` or `internal`: nothing is known of this
 * operation then, and it must be repeated.
 */
export async function applyUpload(parts: Parts, uploader: Uploader, entry: UploadEntry): Promise<OpResult> {
  if (entry.ok) return applyOp(parts, uploader, entry.op)
  const { problem, ...name } = entry.op
  const origin = originOf(parts, uploader, null)
  const writes = [rejectedWhole(name.op, 'bad_request', problem)]
  return bury(parts, name, { key: keyOf(uploader, name), writes, origin, keep: null })
}

async function applyOp(parts: Parts, uploader: Uploader, op: UploadOp): Promise<OpResult> {
  const name: OpName = { opId: op.opId, op: op.op, table: op.table, id: op.id }
  const key = keyOf(uploader, op)
  const origin = originOf(parts, uploader, op)
  const keep = keepFor(uploader.actor, op)
  const refuse = (code: ErrorCode, reason: string): Promise<OpResult> =>
    bury(parts, name, { key, writes: lostWrites(op, code, reason), origin, keep })

  const collection = parts.schema.get(op.table)
  if (collection === undefined)
    return refuse('unknown_collection', `there is no collection "${key.collection}"`)
  if (!isRecordId(op.id))
    return refuse('bad_request', 'an id is 1 to 128 characters, without slashes and control characters')
  if (isOverlong(op)) return refuse('too_large', `the operation holds more than ${OP_VALUES_MAX} values`)
  const saw = seenBy(op)
  if (saw === 'unknown') return refuse('unknown_version', 'sluiceVersion is not a version of this record')

  const { ops, rejected } = uploadWrites(collection, op, keep !== null)
  return submit(parts, name, { key, op: op.op, ops, rejected, saw, origin, keep })
}

/** Logs an operation that cannot be carried out: with its record, or as a dead letter if it can have none. */
async function bury(parts: Parts, name: OpName, letter: DeadLetter): Promise<OpResult> {
  const { key, writes, origin, keep } = letter
  if (parts.schema.has(key.collection) && isRecordId(key.id))
    // A patch of nothing: it neither creates the record nor deletes it.
    return submit(parts, name, { key, op: 'PATCH', ops: [], rejected: writes, saw: null, origin, keep })

  const kept = await earlierAnswer(parts, keep)
  if (kept !== null) return repeated(name, keep, kept)
  if (parts.health.status.state === 'failing') throw unavailable()
  const { plan, fields } = planDeadLetter(letter)
  const { status } = await parts.storage.commit(plan)
  if (status === 'committed') return opResult(name, fields)
  const raced = status === 'stale' ? await earlierAnswer(parts, keep) : null
  if (raced === null) throw unavailable()
  return repeated(name, keep, raced)
}

interface Submission {
  readonly key: RecordKey
  readonly op: UploadOp['op']
  readonly ops: ReturnType<typeof uploadWrites>['ops']
  readonly rejected: readonly RejectedWrite[]
  readonly saw: readonly string[] | null
  readonly origin: Origin
  readonly keep: Keep | null
}

async function submit({ rooms }: Parts, name: OpName, { key, ...command }: Submission): Promise<OpResult> {
  const outcome = await rooms.record(key).submit({ type: 'upload', ...command })
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

const earlierAnswer = async ({ storage }: Parts, keep: Keep | null): Promise<KeptAnswer | null> =>
  keep === null ? null : storage.readAnswer(keep.tenant, keep.subject, keep.key)

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
  const isWarning = false
  return columns.length === 0
    ? [rejectedWhole(op.op, code, reason)]
    : columns.map(([field, value]) => ({
        field,
        operation: 'set',
        value: exactToJson(value),
        code,
        reason,
        isWarning,
      }))
}

const unavailable = (): SluiceError =>
  new SluiceError('store_unavailable', 'the store does not accept writes now')
