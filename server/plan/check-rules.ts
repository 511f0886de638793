/** Asks the business rules of a collection about a change, semantic or raw, before it is judged (P6). */
import type { DecodedChange } from '@automerge/automerge'
import type { JsonObject } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import { applyOps } from '../../shared/policies/apply-op.ts'
import type { RuleVerdict } from '../../shared/policies/record-rules.ts'
import { applyRules, hasRules, incrementViolation } from '../../shared/policies/record-rules.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import type { FieldOp, WriteIntent } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { ChangeInfo } from '../../shared/schema/rules.ts'
import { readField } from './automerge-values.ts'
import { changedSince } from './concurrency.ts'
import { fieldsInForce } from './in-force.ts'
import type { RecordDraft } from './record-draft.ts'

const NO_VIOLATION: RuleVerdict = { record: null, fields: {} }

export interface SemanticWrite {
  readonly intent: WriteIntent
  readonly ops: readonly FieldOp[]
  readonly saw: readonly string[] | null
  readonly origin: Origin
}

/** For a semantic change: what it may not write never enters history (W7). */
export function checkSemantic(draft: RecordDraft, { intent, ops, saw, origin }: SemanticWrite): RuleVerdict {
  const { collection } = draft
  const exists = draft.exists || ((intent === 'update' || intent === 'delete') && draft.existedAt(saw))
  if (!hasRules(collection)) return NO_VIOLATION
  const before = fieldsInForce(draft)
  const seen = saw === null || !exists ? before : fieldsAt(draft, saw)
  const fields = [...new Set(ops.map(({ field }) => field))]
  const change = infoOf(origin, intent === 'delete' ? 'delete' : exists ? 'update' : 'create', fields)
  const blank = exists ? before : emptyFields(draft)
  const verdict = applyRules(collection, {
    change,
    before: exists ? before : null,
    seen: exists ? seen : blank,
    after: applyOps(collection, blank, ops),
  })
  const oversteps: Record<string, Violation> = {}
  for (const op of ops) {
    const spec = collection.fields.get(op.field)
    if (op.type !== 'increment' || spec === undefined) continue
    const problemOn = (fields: JsonObject): Violation | null =>
      incrementViolation(op.field, spec, fields[op.field] ?? 0, op.amount)
    const problem = problemOn(exists ? seen : blank)
    // What others have made of it since may leave room for it, as for a raw change: he may have seen nothing of it.
    if (problem !== null && problemOn(blank) !== null) oversteps[op.field] = problem
  }
  return { record: verdict.record, fields: { ...oversteps, ...verdict.fields } }
}

/**
 * For a raw change, which has been applied to the document already: the fields that are to be put back (W7).
 * Breaking a counter's bounds is for the judgement, which knows what the author had not seen.
 */
export function checkRaw(
  draft: RecordDraft,
  change: DecodedChange,
  writes: readonly FieldWrite[],
  origin: Origin,
  existed: boolean,
): Readonly<Record<string, Violation>> {
  const { collection } = draft
  const isStrict = collection.concurrency.mode !== 'merge'
  if (!isStrict && !hasRules(collection)) return {}
  const fields = writes.map(({ field }) => field)
  if (isStrict && existed && changedSince(draft, change, origin))
    return same(fields, { code: 'stale_version', reason: 'the record has moved on since that version' })
  const before = fieldsInForce(draft)
  const blank = existed ? before : emptyFields(draft)
  const after: Record<string, JsonObject[string]> = { ...blank }
  for (const field of fields) {
    const spec = collection.fields.get(field)
    if (spec === undefined) continue
    const value = isContainer(spec)
      ? draft.valueOf(field, spec)
      : readField(spec, draft.rawAt([change.hash], field))
    after[field] = value ?? spec.default ?? null
  }
  const isDelete = fields.includes(DELETED_KEY) && draft.rawAt([change.hash], DELETED_KEY) === true
  const verdict = applyRules(collection, {
    change: infoOf(origin, isDelete ? 'delete' : existed ? 'update' : 'create', fields),
    before: existed ? before : null,
    seen: existed ? { ...before, ...fieldsAt(draft, change.deps, [draft]) } : blank,
    after,
  })
  return verdict.record === null ? verdict.fields : same(fields, verdict.record)
}

/** @param documents the fields of others are left out. */
function fieldsAt(
  draft: RecordDraft,
  saw: readonly string[],
  documents: readonly RecordDraft[] = draft.documents,
): JsonObject {
  const values: Record<string, JsonObject[string]> = {}
  for (const [field, spec] of draft.collection.fields) {
    const home = draft.homeOf(field)
    if (!documents.includes(home)) continue
    const heads = home.seenOf(saw) ?? []
    const raw = heads.length === 0 ? null : home.rawAt(heads, field)
    values[field] = readField(spec, raw) ?? spec.default ?? null
  }
  return values
}

const emptyFields = (draft: RecordDraft): JsonObject => fieldsAt(draft, [])

const same = (fields: readonly string[], violation: Violation): Readonly<Record<string, Violation>> =>
  Object.fromEntries(fields.map((field) => [field, violation]))

const infoOf = (origin: Origin, intent: ChangeInfo['intent'], fields: readonly string[]): ChangeInfo => ({
  subject: origin.subject,
  roles: origin.roles,
  device: origin.device,
  door: origin.door,
  metadata: origin.metadata,
  claimedAt: origin.claimedAt,
  receivedAt: origin.receivedAt,
  intent,
  fields,
})
