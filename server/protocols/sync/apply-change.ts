/** Carries out a change through the room of its record, and says what became of it (K5). */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { JsonObject } from '../../../shared/json.ts'
import { canonicalJson } from '../../../shared/json.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { decodeVersion, encodeVersion } from '../../../shared/record/version.ts'
import { normalizeDate } from '../../../shared/schema/check-value.ts'
import type { Change, ChangeResult, FieldAnswer, Refusal } from '../../../shared/sync/messages.ts'
import type { KeptAnswer } from '../../plan/plan.ts'
import type { FieldResult, Keep, RecordCommand } from '../../plan/record-command.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import { keptResults } from '../rest/answer-write.ts'
import { outcomesAnswer } from '../rest/record-answer.ts'

/** Who writes: tenant and origin are the session's. */
export interface Writer {
  readonly tenant: string
  readonly origin: Origin
  readonly rooms: Rooms
}

/** Kept with the answer, where REST keeps the status of the first answer. */
const KEPT_STATUS = 200

/** What may succeed if it is sent again: then there is no answer, and the session ends (K5). */
const SENT_AGAIN: ReadonlySet<ErrorCode> = new Set(['store_unavailable', 'shutting_down', 'too_many'])

/** @throws whatever leaves it open what became of the change, so that it has to be sent again. */
export async function applyChange(writer: Writer, change: Change): Promise<ChangeResult> {
  try {
    return await submit(writer, change)
  } catch (error) {
    if (!(error instanceof SluiceError) || SENT_AGAIN.has(error.code)) throw error
    return { status: 'refused', ...refusalOf(error) }
  }
}

export const refusalOf = ({ code, message, details }: SluiceError): Refusal => ({
  code,
  message,
  // What is in there is made for JSON.
  details: JSON.parse(JSON.stringify(details)),
})

async function submit({ tenant, origin, rooms }: Writer, change: Change): Promise<ChangeResult> {
  const key: RecordKey = { tenant, collection: change.collection, id: change.recordId }
  rooms.collectionOf(key)
  const keep = keepFor(key, origin, change)
  const outcome = await rooms.record(key).submit(commandFor(change, origin, keep))
  if (!outcome.ok) throw outcome.error
  return outcome.earlier === null ? done(outcome.fields, outcome.wrote) : repeated(keep, outcome.earlier)
}

function commandFor(change: Change, origin: Origin, keep: Keep): RecordCommand {
  const { intent, ops, seen, after, strict, metadata, claimedAt } = change
  return {
    type: 'write',
    intent,
    ops,
    saw: seen === '*' ? null : seen === null ? [] : headsOf(seen),
    after: after.map(keptKey),
    strict,
    origin: {
      ...origin,
      metadata: { ...origin.metadata, ...metadata },
      claimedAt: claimedAt === null ? null : normalizeDate(claimedAt),
    },
    keep,
  }
}

/** @throws SluiceError `unknown_version` for a token that no server has made. */
function headsOf(token: string): readonly string[] {
  const heads = decodeVersion(token)?.heads ?? []
  if (heads.length === 0) throw new SluiceError('unknown_version', 'the version is not one of this record')
  return heads
}

/** Under what the answer to a change is kept, per tenant and subject. */
const keptKey = (id: string): string => `sync:${id}`

function keepFor({ tenant }: RecordKey, { subject }: Origin, change: Change): Keep {
  const said: JsonObject = { ...change, ops: change.ops.map((op) => ({ ...op })) }
  const request = createHash('sha256').update(canonicalJson(said)).digest('hex')
  return { tenant, subject, key: keptKey(change.id), request, status: KEPT_STATUS }
}

/** What the change was answered when it was carried out. */
function repeated(keep: Keep, earlier: KeptAnswer): ChangeResult {
  if (keep.request !== earlier.request)
    throw new SluiceError('reused_key', 'another change was sent with this id before')
  return done(keptResults(earlier), keptChanges.parse(earlier.body).wrote)
}

const keptChanges = z.object({ wrote: z.array(z.string()).default([]) })

const done = (fields: Readonly<Record<string, FieldResult>>, wrote: readonly string[]): ChangeResult => ({
  status: 'done',
  version: wrote.length === 0 ? null : encodeVersion({ heads: wrote, textVersion: 0 }),
  fields: fieldAnswers(fields),
})

export const fieldAnswers = (
  results: Readonly<Record<string, FieldResult>>,
): Readonly<Record<string, FieldAnswer>> =>
  Object.fromEntries(
    Object.entries(outcomesAnswer(results)).map(([field, { outcome, reason, code, conflictId }]) => [
      field,
      { outcome, reason: reason ?? null, code: code ?? null, conflictId: conflictId ?? null },
    ]),
  )
