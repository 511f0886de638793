/**
 * Carries out one operation of a client's upload queue. Unlike a semantic write it is never refused whole for
 * one bad field, and whatever cannot be written is logged as rejected (P8, P14): a client that works offline
 * has no way to correct it, and must not be held up by it.
 */
import type { ErrorCode, SluiceError } from '../../shared/errors/error-table.ts'
import { checkFieldOps } from '../../shared/policies/check-field-ops.ts'
import { askedFor } from '../../shared/record/asked-write.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import { DELETED_KEY, isReservedKey } from '../../shared/record/reserved-keys.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import { askedOf, fieldProblem, permissionProblem } from './check-permission.ts'
import { checkSemantic } from './check-rules.ts'
import { accepted, markOf } from './command-outcome.ts'
import { executeWrite } from './execute-write.ts'
import { writeInForce } from './in-force.ts'
import { placeDelete, placeOps } from './place-upload.ts'
import { atOnce } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome, RejectedWrite } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'
import type { RefusedWrite } from './refusal.ts'
import { refuse } from './refusal.ts'
import { resettingOps } from './resetting-ops.ts'

type UploadCommand = Extract<RecordCommand, { type: 'upload' }>
type WriteCommand = Extract<RecordCommand, { type: 'write' }>
/** Carries out a semantic write on the same draft. */
type Write = (command: WriteCommand) => RecordOutcome

interface Executor {
  readonly authorizer: Authorizer
  readonly write: Write
}

/** Codes of what a rule says no to for now, or to this author: he is told, and nobody else has to look at it. */
const RULES: ReadonlySet<ErrorCode> = new Set([
  'stale_version',
  'version_required',
  'locked',
  'illegal_transition',
  'not_writable',
  'check_failed',
  'immutable',
  'out_of_bounds',
  'forbidden',
])

export function executeUpload(
  draft: RecordDraft,
  command: UploadCommand,
  authorizer: Authorizer,
): RecordOutcome {
  const mark = markOf(draft)
  const write: Write = (one) => atOnce(executeWrite(draft, one, authorizer))
  const executor = { authorizer, write }
  const denial = recordDenial(draft, command, authorizer)
  if (denial !== null) {
    // Like a delete of what is not there.
    if (denial.code !== 'not_found' || command.op !== 'DELETE')
      refuseAll(draft, command, denial.code, denial.message)
    return accepted(draft, mark)
  }
  if (command.op === 'DELETE') {
    // A record that is gone already is what a delete asks for.
    if (draft.exists) executeDelete(draft, command, executor.write)
    return accepted(draft, mark)
  }
  const placed = command.op === 'PATCH' && !draft.exists ? beforeDeletion(draft, command) : command
  if (placed === null) refuseAll(draft, command, 'not_found', 'there is no such record')
  else if (command.op === 'PUT') executeFields(draft, placed, executor)
  else
    for (const [index, { saw, ops }] of placeOps(draft, placed).entries())
      executeFields(draft, { ...placed, saw, ops, rejected: index === 0 ? placed.rejected : [] }, executor)
  return accepted(draft, mark)
}

/** What is wrong with the operation whatever its columns are; a column that may not be written is told of alone. */
function recordDenial(
  draft: RecordDraft,
  { op, ops, saw, origin }: UploadCommand,
  authorizer: Authorizer,
): SluiceError | null {
  const intent = op === 'PUT' ? 'upsert' : op === 'PATCH' ? 'update' : 'delete'
  const asked = askedOf(draft, origin, intent === 'upsert' && !draft.exists ? ops : null)
  const writable = ops.filter(({ field }) => authorizer.mayWriteField(asked, field))
  return permissionProblem(draft, authorizer, { intent, ops: writable, saw, origin })
}

function executeDelete(draft: RecordDraft, command: UploadCommand, write: Write): void {
  const { record } = checkSemantic(draft, { ...command, intent: 'delete', ops: [] })
  if (record !== null) return refuseAll(draft, command, record.code, record.reason)
  const outcome = write(toWrite({ ...command, saw: placeDelete(draft, command) }, 'delete', []))
  if (!outcome.ok) refuseAll(draft, command, outcome.error.code, outcome.error.message)
}

/** An operation that no record can take, because its table or its id does not exist. */
export function bury(draft: RecordDraft, command: Extract<RecordCommand, { type: 'bury' }>): RecordOutcome {
  const mark = markOf(draft)
  refuseWrites(draft, command, command.rejected)
  return accepted(draft, mark)
}

/**
 * Who patches a record has it, so he has not seen that it was deleted: his change belongs before that (P2, F3).
 * @returns null if there has never been such a record.
 */
function beforeDeletion(draft: RecordDraft, command: UploadCommand): UploadCommand | null {
  const deletes = writeInForce(draft, draft.unitOf(DELETED_KEY))
  const deletion = deletes === undefined ? undefined : draft.graph.node(deletes.side.changeHash)
  const saw = draft.existedAt(command.saw) ? command.saw : (deletion?.deps ?? null)
  return draft.existedAt(saw) ? { ...command, saw } : null
}

function executeFields(draft: RecordDraft, command: UploadCommand, { authorizer, write }: Executor): void {
  const isNew = !draft.exists && command.op === 'PUT'
  const asked = askedOf(draft, command.origin, isNew ? command.ops : null)
  const { good, bad } = sort(draft, command.ops, (field) => authorizer.mayWriteField(asked, field))
  const intent = command.op === 'PATCH' ? 'update' : 'upsert'
  const rules = checkSemantic(draft, { ...command, intent, ops: good })
  if (rules.record !== null) return refuseAll(draft, command, rules.record.code, rules.record.reason)
  const allowed = good.filter(({ field }) => rules.fields[field] === undefined)
  const ruled = good.flatMap((op) => {
    const violation = rules.fields[op.field]
    return violation === undefined ? [] : [rejected(op, violation.code, violation.reason)]
  })
  const starting = intent === 'upsert' ? startingOps(draft, allowed) : []
  const outcome = write(toWrite(command, intent, [...starting, ...allowed]))
  if (!outcome.ok) return refuseAll(draft, command, outcome.error.code, outcome.error.message)
  const refusals = [...command.rejected, ...bad, ...ruled]
  // What was named and refused is told as that: a default in its place must not look like success.
  const missing = isNew ? missingWrites(draft, [...allowed, ...refusals]) : []
  refuseWrites(draft, command, refusals, missing)
}

/** Tells what can be written from what cannot. A column that the schema does not have is kept (R4, E6). */
function sort(
  draft: RecordDraft,
  ops: readonly FieldOp[],
  mayWrite: (field: string) => boolean,
): { readonly good: readonly FieldOp[]; readonly bad: readonly RejectedWrite[] } {
  const good: FieldOp[] = []
  const bad: RejectedWrite[] = []
  for (const op of ops) {
    const error = !mayWrite(op.field)
      ? fieldProblem(op.field)
      : isKept(draft, op)
        ? null
        : checkFieldOps(draft.collection, [op])
    if (error === null) good.push(op)
    else bad.push(rejected(op, error.code, error.message))
  }
  return { good, bad }
}

/** A name that a schema may declare some day. */
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,47}$/

const isKept = ({ collection }: RecordDraft, { field }: FieldOp): boolean =>
  !collection.fields.has(field) &&
  !collection.texts.includes(field) &&
  !isReservedKey(field) &&
  FIELD_NAME.test(field)

const toWrite = (
  { saw, origin }: UploadCommand,
  intent: WriteCommand['intent'],
  ops: readonly FieldOp[],
): WriteCommand => ({ type: 'write', intent, ops, saw, strict: false, isChecked: true, origin, keep: null })

/** A deleted record that is created again starts empty, but for what it must have. */
function startingOps(draft: RecordDraft, ops: readonly FieldOp[]): readonly FieldOp[] {
  if (draft.doc.value(DELETED_KEY) !== true) return []
  return resettingOps(draft, ops, true).filter(({ field }) => draft.specOf(field)?.required !== true)
}

function refuseAll(draft: RecordDraft, command: UploadCommand, code: ErrorCode, reason: string): void {
  const writes = [...command.rejected, ...command.ops.map((op) => rejected(op, code, reason))]
  refuseWrites(draft, command, writes.length > 0 ? writes : [rejectedWhole(command.op, code, reason)])
}

function refuseWrites(
  draft: RecordDraft,
  { origin }: Pick<UploadCommand, 'origin'>,
  writes: readonly RejectedWrite[],
  missing: readonly RefusedWrite[] = [],
): void {
  if (writes.length === 0 && missing.length === 0) return
  const isDeadLetter = writes.some(({ code }) => !RULES.has(code))
  const refused = writes.map((write): RefusedWrite => ({ ...write, outcome: 'rejected' }))
  refuse(draft, { writes: [...refused, ...missing], isDeadLetter }, origin)
}

/** E7: required fields that a new record leaves out show their default, or nothing; both is noted. */
function missingWrites(
  draft: RecordDraft,
  asked: readonly { readonly field: string }[],
): readonly RefusedWrite[] {
  const named = new Set(asked.map(({ field }) => field))
  return [...draft.collection.fields]
    .filter(([field, spec]) => spec.required && !named.has(field))
    .map(([field, spec]) => ({
      field,
      operation: 'set',
      value: spec.default ?? null,
      outcome: 'applied',
      code: null,
      reason: spec.default === undefined ? 'required, left empty' : 'required, took its default',
    }))
}

/** Stands for an operation that names no field: a delete, or one that was not understood. A reserved name. */
export const rejectedWhole = (op: string, code: ErrorCode, reason: string): RejectedWrite => ({
  field: '_record',
  operation: op === 'DELETE' ? 'delete' : 'set',
  value: null,
  code,
  reason,
})

const rejected = (op: FieldOp, code: ErrorCode, reason: string): RejectedWrite => ({
  ...askedFor(op),
  code,
  reason,
})
