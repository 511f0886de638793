/** Submits a record write and answers what became of it, once; a repeated request is given its first answer. */
import { z } from 'zod'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { FieldOp, WriteIntent } from '../../../shared/record/field-op.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { DELETED_KEY } from '../../../shared/record/reserved-keys.ts'
import type { KeptAnswer } from '../../plan/plan.ts'
import type { FieldResult } from '../../plan/record-command.ts'
import type { IdempotentRequest } from './idempotency.ts'
import { checkSameRequest, idempotentRequest } from './idempotency.ts'
import { hasStood, outcomesAnswer, refuseErased, toldRecord } from './record-answer.ts'
import type { Headers } from './responses.ts'
import { emptyResponse, entityTagOf, jsonTextResponse } from './responses.ts'
import type { RestContext, RestParts, SeenVersion } from './rest-context.ts'
import { isStrict, originOf } from './rest-context.ts'
import { visibilityFor } from './visibility.ts'

export interface RecordWrite {
  readonly key: RecordKey
  readonly intent: WriteIntent
  readonly ops: readonly FieldOp[]
  readonly saw: SeenVersion
  /** The request's body as it came. */
  readonly body: string
}

type Outcomes = Readonly<Record<string, FieldResult>>

/** @throws SluiceError */
export async function answerWrite(c: RestContext, parts: RestParts, write: RecordWrite): Promise<Response> {
  const { rooms, storage, now } = parts
  const { key, intent, ops, saw } = write
  const strict = isStrict(c)
  const origin = originOf(c, now)
  const request = idempotentRequest(c, write.body)
  const kept =
    request === null ? null : await storage.readAnswer(request.tenant, request.subject, request.key)
  if (request !== null && kept !== null) return replay(c, parts, request, kept)

  const status = await successStatus(parts, write)
  const outcome = await rooms.record(key).submit({
    type: 'write',
    intent,
    ops,
    saw: saw.heads,
    strict,
    origin,
    keep: request === null ? null : { ...request, status },
  })
  if (!outcome.ok) throw outcome.error
  if (request !== null && outcome.earlier !== null) return replay(c, parts, request, outcome.earlier)
  return answer(
    c,
    parts,
    { key, status, outcomes: outcome.fields },
    strict ? { 'Preference-Applied': 'handling=strict' } : {},
  )
}

async function successStatus({ storage }: RestParts, { key, intent, saw }: RecordWrite): Promise<number> {
  if (intent === 'delete') return 204
  if (intent !== 'replace') return intent === 'create' ? 201 : 200
  const existing = await storage.readRecord(key)
  if (existing !== null && !existing.deleted) return 200
  if (saw.any) throw new SluiceError('stale_version', 'If-Match: there is no such record')
  return 201
}

interface Written {
  readonly key: RecordKey
  readonly status: number
  readonly outcomes: Outcomes
}

async function answer(
  c: RestContext,
  parts: RestParts,
  { key, status, outcomes }: Written,
  headers: Headers,
): Promise<Response> {
  const { rooms, storage } = parts
  // A delete that is held, or that has lost to an update, leaves a record to tell of.
  if (status === 204 && hasStood(outcomes[DELETED_KEY])) return emptyResponse(status, headers)
  const stored = await storage.readRecord(key)
  if (stored === null) throw new RangeError('a record that was just written is not there')
  refuseErased(stored)
  const collection = rooms.collectionOf(key)
  // By his own write he may have put it out of his sight.
  const sees = visibilityFor(c, parts).sightOf(collection, stored) ?? (() => false)
  const told = toldRecord(stored, collection, sees)
  // An update that had not seen the delete, and does not undo it.
  const deleted = stored.deleted ? '"deleted":true,' : ''
  const body = `${told.json.slice(0, -1)},${deleted}"outcomes":${JSON.stringify(outcomesAnswer(outcomes))}}`
  const location =
    status === 201 ? { Location: `/v1/records/${key.collection}/${encodeURIComponent(key.id)}` } : {}
  return jsonTextResponse(body, status === 204 ? 200 : status, {
    ETag: entityTagOf(told.version),
    ...location,
    ...headers,
  })
}

/** The record as it is now, with what became of the request when it was carried out. */
async function replay(
  c: RestContext,
  parts: RestParts,
  request: IdempotentRequest,
  kept: KeptAnswer,
): Promise<Response> {
  checkSameRequest(request, kept)
  const { collection, id, outcomes } = keptBody.parse(kept.body)
  const key = { tenant: kept.tenant, collection, id }
  return answer(c, parts, { key, status: kept.status, outcomes }, { 'Idempotency-Replayed': 'true' })
}

/** What became of each field when the write was carried out. */
export const keptResults = ({ body }: KeptAnswer): Outcomes => keptBody.parse(body).outcomes

/** The planner's own words, so their outline is checked and their parts are believed. */
const keptBody = z.object({
  collection: z.string(),
  id: z.string(),
  outcomes: z.record(z.string(), z.custom<FieldResult>()),
})
