/**
 * Carries out one operation of a client's upload queue. Unlike a semantic write it is never refused whole for
 * one bad field, and whatever cannot be written is logged as rejected (P8, P14): a client that works offline
 * has no way to correct it, and must not be held up by it.
 */
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { checkFieldOps, resettingOps } from './check-field-ops.ts'
import type { FieldOp } from './field-op.ts'
import type { FieldResult, RecordCommand, RecordOutcome, RejectedWrite } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

type UploadCommand = Extract<RecordCommand, { type: 'upload' }>
type WriteCommand = Extract<RecordCommand, { type: 'write' }>
/** Carries out a semantic write on the same draft. */
type Write = (command: WriteCommand) => RecordOutcome

export function executeUpload(draft: RecordDraft, command: UploadCommand, write: Write): RecordOutcome {
  if (command.op === 'DELETE') return executeDelete(draft, command, write)
  if (command.op === 'PATCH' && !draft.exists)
    return rejectAll(draft, command, 'not_found', 'there is no such record')
  const { collection } = draft.origin
  const refused = command.ops.map((op) => ({ op, error: checkFieldOps(collection, [op]) }))
  const good = refused.filter(({ error }) => error === null).map(({ op }) => op)
  const bad = refused.flatMap(({ op, error }) =>
    error === null ? [] : rejected(op, error.code, error.message),
  )
  const isNew = !draft.exists
  const outcome = write(toWrite(command, 'upsert', [...startingOps(draft, good), ...good]))
  if (!outcome.ok) return rejectAll(draft, command, outcome.error.code, outcome.error.message)
  const left = logRejected(draft, command, [...command.rejected, ...bad])
  const missing = isNew ? logMissing(draft, command, good) : {}
  return { ...outcome, fields: { ...outcome.fields, ...missing, ...left } }
}

/** A record that is gone already is what a delete asks for. */
function executeDelete(draft: RecordDraft, command: UploadCommand, write: Write): RecordOutcome {
  if (!draft.exists) return outcomeOf({})
  const outcome = write(toWrite(command, 'delete', []))
  return outcome.ok ? outcome : rejectAll(draft, command, outcome.error.code, outcome.error.message)
}

const toWrite = (
  { saw, origin }: UploadCommand,
  intent: WriteCommand['intent'],
  ops: readonly FieldOp[],
): WriteCommand => ({ type: 'write', intent, ops, saw, strict: false, origin, keep: null })

/** A deleted record that is created again starts empty, but for what it must have. */
function startingOps(draft: RecordDraft, ops: readonly FieldOp[]): readonly FieldOp[] {
  if (draft.doc[DELETED_KEY] !== true) return []
  return resettingOps(draft, ops, true).filter(({ field }) => draft.specOf(field)?.required !== true)
}

function rejectAll(
  draft: RecordDraft,
  command: UploadCommand,
  code: ErrorCode,
  reason: string,
): RecordOutcome {
  const writes = [...command.rejected, ...command.ops.map((op) => rejected(op, code, reason))]
  const isTold = writes.some(({ isWarning }) => !isWarning)
  const all = isTold ? writes : [...writes, rejectedWhole(command.op, code, reason)]
  return outcomeOf(logRejected(draft, command, all))
}

/** Stands for an operation that names no field: a delete, or one that was not understood. A reserved name. */
export const rejectedWhole = (op: string, code: ErrorCode, reason: string): RejectedWrite => ({
  field: '_record',
  operation: op === 'DELETE' ? 'delete' : 'set',
  value: null,
  code,
  reason,
  isWarning: false,
})

const rejected = (op: FieldOp, code: ErrorCode, reason: string): RejectedWrite => ({
  field: op.field,
  operation: op.type === 'increment' ? 'increment' : op.type === 'set' ? 'set' : 'edit',
  value: writtenValue(op),
  code,
  reason,
  isWarning: false,
})

function writtenValue(op: FieldOp): Json {
  switch (op.type) {
    case 'set':
      return op.value
    case 'increment':
      return op.amount
    case 'merge':
      return op.members
    default:
      return op.items
  }
}

function logRejected(
  draft: RecordDraft,
  { origin }: UploadCommand,
  writes: readonly RejectedWrite[],
): Record<string, FieldResult> {
  const results: Record<string, FieldResult> = {}
  for (const write of writes) {
    const { field, code, reason, isWarning } = write
    const spec = draft.specOf(field)
    draft.lines.push(rejectedLine(write, spec === undefined ? null : draft.valueOf(field, spec), origin))
    results[field] = { outcome: 'rejected', reason, conflictId: null, code, isWarning }
  }
  return results
}

/** The log line of a write that was not carried out. */
export const rejectedLine = (
  { field, operation, value, reason }: RejectedWrite,
  oldValue: Json,
  origin: FieldChange['origin'],
): FieldChange => ({
  field,
  operation,
  oldValue,
  newValue: value,
  outcome: 'rejected',
  reason,
  conflictId: null,
  changeHash: '',
  origin,
})

/** E7: required fields that a new record leaves out show their default, or nothing; both is noted. */
function logMissing(
  draft: RecordDraft,
  { origin }: UploadCommand,
  ops: readonly FieldOp[],
): Record<string, FieldResult> {
  const named = new Set(ops.map(({ field }) => field))
  const results: Record<string, FieldResult> = {}
  for (const [field, spec] of draft.origin.collection.fields) {
    if (!spec.required || named.has(field)) continue
    const reason = spec.default === undefined ? 'required, left empty' : 'required, took its default'
    const newValue = spec.default ?? null
    const base = { field, operation: 'set', oldValue: null, newValue, reason, conflictId: null } as const
    draft.lines.push({ ...base, outcome: 'applied', changeHash: '', origin })
    results[field] = { outcome: 'applied', reason, conflictId: null, isWarning: true }
  }
  return results
}

const outcomeOf = (fields: Readonly<Record<string, FieldResult>>): RecordOutcome => ({
  ok: true,
  fields,
  conflict: null,
  refused: [],
  orphans: [],
  earlier: null,
})
