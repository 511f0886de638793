/** Carries out one command on a draft. A command that is refused leaves the draft as it was. */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { ResolutionMessage, UndoMessage } from '../../shared/record/change-message.ts'
import { metadataMessage } from '../../shared/record/change-message.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { valueProblem } from '../../shared/schema/check-value.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { admitApplied } from './admit.ts'
import type { Target } from './apply-field-op.ts'
import { applyFieldOp, replaceField } from './apply-field-op.ts'
import { authorChange, semanticActor } from './author-change.ts'
import { checkFieldOps, missingFields, resettingOps } from './check-field-ops.ts'
import { accepted, refused } from './command-outcome.ts'
import { chosenValue, findConflict } from './decide.ts'
import { ensureGenesis } from './ensure-genesis.ts'
import { executeChanges } from './execute-changes.ts'
import { executeUpload } from './execute-upload.ts'
import { valuesBefore } from './judge.ts'
import type { JournalKind } from './plan.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

export function executeCommand(
  draft: RecordDraft,
  command: RecordCommand,
  limits: AutomergeLimits,
): RecordOutcome {
  switch (command.type) {
    case 'ensure':
      ensureGenesis(draft, command.origin)
      return accepted(draft, draft.lines.length)
    case 'write':
      return executeWrite(draft, command)
    case 'upload':
      return executeUpload(draft, command, (write) => executeWrite(draft, write))
    case 'changes':
      return executeChanges(draft, command, limits)
    case 'resolve':
      return executeResolve(draft, command)
    case 'undo':
      return executeUndo(draft, command)
  }
}

type Of<T extends RecordCommand['type']> = Extract<RecordCommand, { type: T }>

function executeWrite(draft: RecordDraft, command: Of<'write'>): RecordOutcome {
  const { origin, saw, intent } = command
  const { exists } = draft
  if (!exists && (intent === 'update' || intent === 'delete'))
    return refused('not_found', 'there is no such record')
  if (exists && intent === 'create') return refused('already_exists', 'the record exists already')
  const { collection } = draft.origin
  const missing =
    intent === 'create' || intent === 'replace' ? missingFields(collection, command.ops)[0] : undefined
  if (missing !== undefined) return refused('invalid_value', `${missing} is required`, { field: missing })
  const refusal = checkFieldOps(collection, command.ops) ?? sawProblem(draft, command)
  if (refusal !== null) return { ok: false, error: refusal }

  ensureGenesis(draft, origin)
  const firstLine = draft.lines.length
  const revives = !exists && draft.doc[DELETED_KEY] === true
  const ops =
    intent === 'create' || intent === 'replace'
      ? [...resettingOps(draft, command.ops, revives), ...command.ops]
      : command.ops
  authored(
    draft,
    'change',
    origin,
    saw,
    metadataMessage(origin.metadata),
    [...ops.map(({ field }) => field), DELETED_KEY],
    (root) => {
      if (intent === 'delete') root[DELETED_KEY] = true
      else if (revives) root[DELETED_KEY] = false
      for (const op of ops) {
        const spec = draft.specOf(op.field)
        if (spec !== undefined) applyFieldOp(root, spec, op)
      }
    },
  )
  return accepted(draft, firstLine)
}

function sawProblem(draft: RecordDraft, command: Of<'write'>): SluiceError | null {
  const { saw, strict } = command
  if (saw === null) return null
  const unknown = saw.find((head) => !draft.graph.has(head))
  if (unknown !== undefined || saw.length === 0)
    return new SluiceError('unknown_version', 'the version is not one of this record')
  const isCurrent = saw.length === draft.heads.length && draft.heads.every((head) => saw.includes(head))
  return strict && !isCurrent
    ? new SluiceError('stale_version', 'the record has moved on since that version')
    : null
}

function executeResolve(draft: RecordDraft, command: Of<'resolve'>): RecordOutcome {
  const disputed = findConflict(draft, command.conflictId)
  if (disputed === undefined) return refused('not_found', 'there is no such conflict')
  const { conflict, field, spec } = disputed
  const standing = standingSides(conflict)
  if (!isOpen(conflict)) return refused('stale_resolution', 'the conflict is resolved already', { conflict })
  const unseen = standing.filter(({ id }) => !command.seen.includes(id))
  if (unseen.length > 0)
    return refused('stale_resolution', `sides not seen: ${unseen.map(({ id }) => id).join(', ')}`, {
      conflict,
    })

  const { decision } = command
  const side = 'choose' in decision ? standing.find(({ id }) => id === decision.choose) : undefined
  if ('choose' in decision && side === undefined)
    return refused('bad_request', `choose: ${decision.choose} is no standing side of the conflict`)
  const value =
    'value' in decision ? decision.value : side === undefined ? null : chosenValue(conflict, spec, side)
  const isMissing = value === null && spec.required && spec.default === undefined
  const problem = isMissing ? 'is required' : value === null ? null : valueProblem(spec, value)
  if (problem !== null) return refused('invalid_value', `${field} ${problem}`, { field })

  const firstLine = draft.lines.length
  const message: ResolutionMessage = {
    sluice: 'resolution',
    conflict: conflict.id,
    choose: side?.id ?? null,
    seen: command.seen,
    note: command.note,
  }
  authored(draft, 'resolution', command.origin, null, JSON.stringify(message), [field], (root) =>
    replaceField(root, field, spec, value),
  )
  return { ...accepted(draft, firstLine), conflict: conflictNow(draft, conflict.id) }
}

function executeUndo(draft: RecordDraft, command: Of<'undo'>): RecordOutcome {
  const disputed = findConflict(draft, command.conflictId)
  if (disputed === undefined) return refused('not_found', 'there is no such conflict')
  const { conflict, field, spec } = disputed
  if (conflict.resolution === null)
    return refused('not_resolved', 'the conflict has no resolution', { conflict })
  const firstLine = draft.lines.length
  const message: UndoMessage = { sluice: 'undo', conflict: conflict.id }
  // The change must write something to exist; what the field ought to show is for the settling change to say.
  authored(draft, 'undo', command.origin, null, JSON.stringify(message), [field], (root) =>
    replaceField(root, field, spec, conflict.inForce),
  )
  return { ...accepted(draft, firstLine), conflict: conflictNow(draft, conflict.id) }
}

/** Authors a change under the origin's own actor and admits it. */
function authored(
  draft: RecordDraft,
  kind: JournalKind,
  origin: Origin,
  saw: readonly string[] | null,
  message: string | undefined,
  fields: readonly string[],
  write: (root: Target) => void,
): void {
  const actor = semanticActor(draft, origin, saw)
  const before = valuesBefore(draft, fields)
  const at = origin.claimedAt ?? origin.receivedAt
  const change = authorChange(draft, { actor, saw, at, message }, write)
  if (change === null) return
  const { bytes, decoded } = change
  admitApplied(draft, { kind, bytes, hash: decoded.hash, origin }, decoded, before)
}

const conflictNow = (draft: RecordDraft, id: string): Conflict | null =>
  findConflict(draft, id)?.conflict ?? null
