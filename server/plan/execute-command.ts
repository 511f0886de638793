/** Carries out one command on a draft. A command that is refused leaves the draft as it was. */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { ResolutionMessage, UndoMessage } from '../../shared/record/change-message.ts'
import { metadataMessage, readMetadata } from '../../shared/record/change-message.ts'
import { isContainerGenesis } from '../../shared/record/genesis.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { isServerActor } from '../../shared/record/server-actor.ts'
import { valueProblem } from '../../shared/schema/check-value.ts'
import type { AutomergeLimits, KnownHistory, VettedChange } from '../gate/automerge-gate.ts'
import { vetBatch } from '../gate/automerge-gate.ts'
import { admitApplied, admitBytes } from './admit.ts'
import type { Target } from './apply-field-op.ts'
import { applyFieldOp, replaceField } from './apply-field-op.ts'
import { authorChange, semanticActor } from './author-change.ts'
import { checkFieldOps, missingFields, resettingOps } from './check-field-ops.ts'
import { chosenValue, findConflict } from './decide.ts'
import { executeUpload } from './execute-upload.ts'
import { valuesBefore } from './judge.ts'
import type { JournalKind } from './plan.ts'
import type { FieldResult, RecordCommand, RecordOutcome } from './record-command.ts'
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

/** Adds the genesis changes that the record lacks: all of a new one, those of newly declared fields (R2). */
function ensureGenesis(draft: RecordDraft, origin: Origin): void {
  for (const { hash, bytes } of draft.origin.genesis)
    if (!draft.graph.has(hash))
      admitBytes(draft, { kind: 'genesis', bytes, hash, origin: serverOrigin(origin) })
}

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

function executeChanges(draft: RecordDraft, command: Of<'changes'>, limits: AutomergeLimits): RecordOutcome {
  if (draft.origin.version === 0 && draft.journal.length === 0 && !command.mayCreate)
    return refused('not_found', 'there is no such record')
  ensureGenesis(draft, command.origin)
  const firstLine = draft.lines.length
  const isGenesis = (hash: string): boolean => draft.origin.genesis.some((genesis) => genesis.hash === hash)
  const refusals: Refusal[] = []
  let waiting: readonly Uint8Array[] = command.changes
  for (let more = true; more; ) {
    const verdict = vetBatch(waiting, historyOf(draft), limits, isGenesis)
    refusals.push(...verdict.refused.map(({ hash, reason }) => ({ hash: hash ?? null, reason })))
    admitChanges(draft, verdict.accepted, command.origin, refusals)
    waiting = verdict.orphans
    more = verdict.more && verdict.accepted.length > 0
  }
  return { ...accepted(draft, firstLine), refused: refusals, orphans: waiting }
}

interface Refusal {
  readonly hash: string | null
  readonly reason: string
}

/** Admits vetted changes of one session, but for those under an actor that is not its own. */
function admitChanges(
  draft: RecordDraft,
  changes: readonly VettedChange[],
  from: Origin,
  refusals: Refusal[],
): void {
  const refused = new Set<string>()
  for (const { bytes, decoded, hash } of changes) {
    const isGenesis = isServerActor(decoded.actor) && isContainerGenesis(decoded)
    const foreign = isGenesis ? null : foreignProblem(draft, decoded.actor, from.subject)
    const reason = decoded.deps.some((dep) => refused.has(dep)) ? 'it builds on a refused change' : foreign
    if (reason !== null) {
      refused.add(hash)
      refusals.push({ hash, reason })
      continue
    }
    if (isGenesis) admitBytes(draft, { kind: 'genesis', bytes, hash, origin: serverOrigin(from) }, decoded)
    else admitChange(draft, { bytes, decoded, hash }, from)
  }
}

function admitChange(draft: RecordDraft, { bytes, decoded, hash }: VettedChange, from: Origin): void {
  draft.bind(decoded.actor, from.subject)
  const metadata = { ...readMetadata(decoded.message), ...from.metadata }
  const claimedAt = decoded.time > 0 ? new Date(decoded.time * 1000).toISOString() : null
  admitBytes(draft, { kind: 'change', bytes, hash, origin: { ...from, metadata, claimedAt } }, decoded)
}

/** An actor id belongs, for good, to the subject that was first seen writing under it (R5). */
function foreignProblem(draft: RecordDraft, actor: string, subject: string): string | null {
  if (isServerActor(actor)) return `actor ${actor} belongs to the server`
  const owner = draft.bindings.get(actor)
  return owner === undefined || owner === subject ? null : `actor ${actor} belongs to another author`
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

/** What the gate asks of the record (W6). */
const historyOf = (draft: RecordDraft): KnownHistory => ({
  hasChange: (hash) => draft.graph.has(hash),
  maxOp: (hash) => draft.graph.maxOp(hash),
  lastSeq: (actor) => draft.graph.lastSeq(actor),
  lastOp: () => draft.lastOp,
  hashOf: (actor, seq) => draft.graph.hashOf(actor, seq),
  sees: (hash, actor, seq) => draft.graph.sees(hash, actor, seq),
  changeWithOp: (counter, actor) => draft.changeWithOp(counter, actor),
})

const conflictNow = (draft: RecordDraft, id: string): Conflict | null =>
  findConflict(draft, id)?.conflict ?? null

const refused = (...error: ConstructorParameters<typeof SluiceError>): RecordOutcome => ({
  ok: false,
  error: new SluiceError(...error),
})

/** The outcome of a command, read from the log lines that it has added. */
function accepted(draft: RecordDraft, firstLine: number): Extract<RecordOutcome, { ok: true }> {
  const fields: Record<string, FieldResult> = {}
  for (const { field, outcome, reason, conflictId } of draft.lines.slice(firstLine))
    if (outcome !== 'superseded') fields[field] = { outcome, reason, conflictId }
  return { ok: true, fields, conflict: null, refused: [], orphans: [], earlier: null }
}

/** What the server does on its own account, at the moment of what caused it. */
export const serverOrigin = ({ receivedAt }: Pick<Origin, 'receivedAt'>): Origin => ({
  subject: 'sluice',
  session: 'server',
  door: 'server',
  device: null,
  metadata: {},
  claimedAt: null,
  receivedAt,
})
