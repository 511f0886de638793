/** Carries out a semantic write (W7): what is not allowed never enters history, and the log says why. */
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import { checkFieldOps, missingFields } from '../../shared/policies/check-field-ops.ts'
import { askedFor } from '../../shared/record/asked-write.ts'
import { metadataMessage } from '../../shared/record/change-message.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import { admitApplied, writesOf } from './admit.ts'
import { applyInSteps } from './apply-field-op.ts'
import { authorChange, semanticPlace } from './author-change.ts'
import { plainToAutomerge } from './automerge-values.ts'
import { askedOf, permissionProblem } from './check-permission.ts'
import { checkSemantic } from './check-rules.ts'
import { accepted, markOf, refused } from './command-outcome.ts'
import { checkFreshness } from './concurrency.ts'
import { ensureGenesis } from './ensure-genesis.ts'
import { valuesBefore } from './in-force.ts'
import type { JournalKind } from './plan.ts'
import type { PlanSteps } from './plan-steps.ts'
import { atOnce, LARGE_OPS_MIN, makeValues } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { Target, Writing } from './record-document.ts'
import { inOnePiece } from './record-document.ts'
import type { RecordDraft } from './record-draft.ts'
import type { RefusedWrite } from './refusal.ts'
import { refuse } from './refusal.ts'
import { resettingOps } from './resetting-ops.ts'
import { settle } from './settle.ts'

type WriteCommand = Extract<RecordCommand, { type: 'write' }>

export function* executeWrite(
  draft: RecordDraft,
  command: WriteCommand,
  authorizer: Authorizer,
): PlanSteps<RecordOutcome> {
  // First, so that no other refusal tells of a record that the author may not read.
  const denial = command.isChecked === true ? null : permissionProblem(draft, authorizer, command)
  if (denial !== null) return { ok: false, error: denial }
  const error =
    existenceProblem(draft, command) ?? contentProblem(draft, command) ?? sawProblem(draft, command)
  if (error !== null) return { ok: false, error }
  const fresh = checkFreshness(draft, command)
  if (!fresh.ok)
    // An upload logs what it is refused itself, with what its door has refused already.
    return command.isChecked === true
      ? { ok: false, error: fresh.error }
      : refuseWrite(draft, command, fresh.error)
  const { ops, origin } = fresh
  if (command.isChecked !== true) {
    const { record, fields } = checkSemantic(draft, { ...command, ops, origin })
    const [named] = Object.entries(fields)
    const violation = record ?? named?.[1]
    const details = record === null && named !== undefined ? { field: named[0] } : {}
    if (violation !== undefined)
      return refuseWrite(draft, command, new SluiceError(violation.code, violation.reason, details))
  }
  return yield* write(draft, { ...command, ops, origin }, authorizer)
}

function* write(
  draft: RecordDraft,
  { intent, ops: asked, saw, origin }: WriteCommand,
  authorizer: Authorizer,
): PlanSteps<RecordOutcome> {
  const creates = intent !== 'update' && intent !== 'delete'
  const revives = creates && draft.doc.value(DELETED_KEY) === true
  const isWhole = intent === 'create' || intent === 'replace'
  ensureGenesis(draft, origin)
  const mark = markOf(draft)
  const ops = isWhole ? [...clearing(draft, { asked, revives, origin }, authorizer), ...asked] : asked
  const message = metadataMessage(origin.metadata)
  const tellsOfDeletes = intent === 'delete' || revives
  for (const [document, placed] of byDocument(draft, ops, tellsOfDeletes)) {
    const change = { kind: 'change', origin, saw: document.seenOf(saw), message } as const
    const fields = [...placed.map(({ field }) => field), DELETED_KEY]
    const deletes = document === draft && tellsOfDeletes ? intent === 'delete' : null
    yield* authorInSteps(document, { fields, ...change }, (root) => writeOps(document, root, placed, deletes))
  }
  return accepted(draft, mark)
}

/** One change for each document that the operations write to; deletes are told of in the main one, and first. */
function byDocument(
  draft: RecordDraft,
  ops: readonly FieldOp[],
  tellsOfDeletes: boolean,
): ReadonlyMap<RecordDraft, readonly FieldOp[]> {
  const placed = new Map<RecordDraft, FieldOp[]>(tellsOfDeletes ? [[draft, []]] : [])
  for (const op of ops) {
    const home = draft.homeOf(op.field)
    placed.set(home, [...(placed.get(home) ?? []), op])
  }
  return placed
}

/** What a complete record leaves out is cleared, as far as its author may write it: he may not know of the rest. */
function clearing(
  draft: RecordDraft,
  write: { readonly asked: readonly FieldOp[]; readonly revives: boolean; readonly origin: Origin },
  authorizer: Authorizer,
): readonly FieldOp[] {
  const ops = resettingOps(draft, write.asked, write.revives)
  if (!draft.exists) return ops
  const asked = askedOf(draft, write.origin)
  return ops.filter(({ field }) => authorizer.mayWriteField(asked, field))
}

/** @param deletes null if nothing is told of deletes. */
function* writeOps(
  document: RecordDraft,
  root: Target,
  ops: readonly FieldOp[],
  deletes: boolean | null,
): PlanSteps<void> {
  if (deletes !== null) root[DELETED_KEY] = deletes
  for (const op of ops) yield* writeOp(document, root, op)
}

function* writeOp(draft: RecordDraft, root: Target, op: FieldOp): PlanSteps<void> {
  const spec = draft.specOf(op.field)
  if (spec !== undefined) yield* applyInSteps(root, spec, op)
  // A field that the schema does not have: an upload keeps it, until the schema learns it (R4).
  else if (op.type === 'set') root[op.field] = plainToAutomerge(op.value)
}

export interface Authored {
  readonly kind: JournalKind
  readonly origin: Origin
  readonly saw: readonly string[] | null
  readonly message: string | undefined
  /** Fields that the change may write. */
  readonly fields: readonly string[]
}

/** Authors a change under the origin's own actor and admits it. */
export const authored = (draft: RecordDraft, change: Authored, write: (root: Target) => void): void =>
  atOnce(authorInSteps(draft, change, inOnePiece(write)))

/** As `authored`; what is light is one step. */
function* authorInSteps(draft: RecordDraft, change: Authored, write: Writing): PlanSteps<void> {
  const { kind, origin, saw, message, fields } = change
  const place = semanticPlace(draft, origin, saw)
  const before = valuesBefore(draft, fields)
  const at = origin.claimedAt ?? origin.receivedAt
  const made = yield* authorChange(draft, { actor: place.actor, saw: place.saw, at, message }, write)
  if (made === null) return
  const { bytes, decoded } = made
  const isLarge = decoded.ops.length > LARGE_OPS_MIN
  if (isLarge) yield
  const told = writesOf(draft, decoded)
  draft.doc.enter(bytes, decoded, told.keys)
  if (isLarge) yield* makeValues(draft, told)
  admitApplied(draft, { kind, bytes, hash: decoded.hash, origin }, decoded, before, told)
  // At once, so that the next change is judged beside a document that says what is in force.
  if (draft.restored.size > 0) settle(draft, origin.receivedAt)
}

function existenceProblem(draft: RecordDraft, { intent, ops, saw }: WriteCommand): SluiceError | null {
  const { exists } = draft
  if (exists)
    return intent === 'create' ? new SluiceError('already_exists', 'the record exists already') : null
  if (intent !== 'update' && intent !== 'delete') return null
  // Who has not seen that the record was deleted competes with it (F3), but only in the document that tells of it.
  const isElsewhere = ops.some(({ field }) => draft.homeOf(field) !== draft)
  return draft.existedAt(saw) && !isElsewhere ? null : new SluiceError('not_found', 'there is no such record')
}

function contentProblem({ collection }: RecordDraft, command: WriteCommand): SluiceError | null {
  const { intent, ops, isChecked } = command
  const [missing] = intent === 'create' || intent === 'replace' ? missingFields(collection, ops) : []
  if (missing !== undefined)
    return new SluiceError('invalid_value', `${missing} is required`, { field: missing })
  return isChecked === true ? null : checkFieldOps(collection, ops)
}

function sawProblem({ documents }: RecordDraft, { saw }: WriteCommand): SluiceError | null {
  if (saw === null) return null
  return saw.some((head) => !documents.some(({ graph }) => graph.has(head)))
    ? new SluiceError('unknown_version', 'the version is not one of this record')
    : null
}

/** The write is refused whole, and the log says so (P4, P6). */
function refuseWrite(
  draft: RecordDraft,
  { ops, intent, origin }: WriteCommand,
  error: SluiceError,
): RecordOutcome {
  const { code, message } = error
  refuse(draft, { writes: refusedWrites(intent, ops, code, message), isDeadLetter: false }, origin)
  return refused(code, message, error.details)
}

function refusedWrites(
  intent: WriteCommand['intent'],
  ops: readonly FieldOp[],
  code: ErrorCode,
  reason: string,
): readonly RefusedWrite[] {
  const why = { outcome: 'rejected', code, reason } as const
  if (intent === 'delete' || ops.length === 0)
    return [
      {
        field: DELETED_KEY,
        operation: intent === 'delete' ? 'delete' : 'set',
        value: intent === 'delete',
        ...why,
      },
    ]
  return ops.map((op) => ({ ...askedFor(op), ...why }))
}
