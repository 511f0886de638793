/** Carries a person's decision into a draft: a resolution (C5), or taking one back (C6). */

import type { DecodedChange } from '@automerge/automerge'
import type { Conflict, Resolution, Side } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { resolveConflict, undoResolution } from '../../shared/conflicts/conflict-transitions.ts'
import { takeStep } from '../../shared/conflicts/inbox-transitions.ts'
import type { Json } from '../../shared/json.ts'
import { isJsonObject, jsonEqual } from '../../shared/json.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import type { ResolutionMessage } from '../../shared/record/change-message.ts'
import { readDecision } from '../../shared/record/change-message.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { valueInForce, writeInForce } from './in-force.ts'
import { deletion, lossLine, sideOf } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'
import { rekeyUnit } from './rekey-units.ts'

export interface DisputedUnit {
  readonly unit: Unit
  readonly conflict: Conflict
}

/** The field or group whose latest conflict has this id. */
export function findConflict(draft: RecordDraft, id: string): DisputedUnit | undefined {
  for (const [key, conflict] of draft.conflicts) {
    const [field] = conflict.fields
    const unit = field === undefined ? undefined : draft.unitOf(field)
    if (conflict.id === id && unit?.key === key && unit.isKnown) return { unit, conflict }
  }
  return undefined
}

/** The value that choosing a side puts in force. */
export function chosenValue(conflict: Conflict, unit: Unit, side: Side): Json {
  if (unit.deletes !== null) return side.operation === 'delete'
  if (side.operation === 'set') return side.value
  const isInForce = side.id === conflict.incumbent.id || conflict.alongside.some(({ id }) => id === side.id)
  if (side.operation === 'delete') return unit.spec.kind === 'counter' ? 0 : null
  if (isInForce) return conflict.inForce
  return side.operation === 'increment' && typeof conflict.inForce === 'number'
    ? conflict.inForce + Number(side.value)
    : side.value
}

/** Enters a resolving change, already applied and recorded, into the conflict that it names. */
export function admitResolution(draft: RecordDraft, change: DecodedChange, origin: Origin): void {
  const message = readDecision(change.message)
  const disputed = findConflict(draft, message.conflict)
  if (message.sluice !== 'resolution' || disputed === undefined || !isOpen(disputed.conflict))
    throw new RangeError(`change ${change.hash} resolves nothing`)
  const { unit, conflict } = disputed
  const oldValue = valueInForce(draft, unit)
  const value = draft.unitValue(unit)
  const approved = message.proposal === undefined ? conflict : approve(conflict, origin)
  const resolution = resolutionOf(approved, message, change, origin, value)
  draft.frontiers.set(unit.key, [decisionWrite(draft, unit, change, origin, value)])
  draft.setConflict(unit, resolveConflict(approved, resolution))
  if (draft.unitOf(unit.fields[0] ?? '').key !== unit.key) rekeyUnit(draft, unit)
  const told = { unit, change, origin, conflictId: conflict.id }
  logDecision(draft, told, oldValue, value, decisionReason(resolution))
  for (const side of standingSides(conflict))
    if (side.id !== message.choose) logLosses(draft, told, conflict, side, resolution)
}

/** The last approval that it took is the resolving change itself. */
const approve = (conflict: Conflict, { subject, receivedAt }: Origin): Conflict =>
  takeStep(conflict, { type: 'approve' }, { author: subject, at: receivedAt })

function resolutionOf(
  { proposal }: Conflict,
  message: ResolutionMessage,
  change: DecodedChange,
  origin: Origin,
  value: Json,
): Resolution {
  const { choose, seen, note, dismisses = false } = message
  // The decision is its proposer's; the change is by the last who approved.
  const isApproved = message.proposal !== undefined && proposal !== null
  return {
    choose,
    value,
    seen,
    note,
    dismisses,
    author: isApproved ? proposal.author : origin.subject,
    approvals: isApproved ? proposal.approvals : [],
    at: origin.receivedAt,
    changeHash: change.hash,
  }
}

function decisionReason({ author, approvals, dismisses }: Resolution): string {
  const deed = dismisses ? 'dismissed' : 'decided'
  if (approvals.length === 0) return `${deed} by a person`
  return `${deed} by ${author}, approved by ${approvals.map((approval) => approval.author).join(', ')}`
}

/** Enters the taking back of a resolution. */
export function admitUndo(draft: RecordDraft, change: DecodedChange, origin: Origin): void {
  const message = readDecision(change.message)
  const disputed = findConflict(draft, message.conflict)
  if (message.sluice !== 'undo' || disputed?.conflict.resolution == null)
    throw new RangeError(`change ${change.hash} takes nothing back`)
  const { unit, conflict } = disputed
  const decision = disputed.conflict.resolution
  const newest = writeInForce(draft, unit)
  const oldValue = valueInForce(draft, unit)
  // Somebody may have written on, having seen the decision: then his value is what stands, and stays.
  const standing =
    newest === undefined || newest.side.changeHash === decision.changeHash
      ? conflict
      : { incumbent: newest.side, alongside: [conflict.incumbent, ...conflict.alongside], inForce: oldValue }
  const { incumbent, alongside, inForce } = standing
  const undone = { at: origin.receivedAt, author: origin.subject }
  draft.setConflict(unit, undoResolution(conflict, undone, { incumbent, alongside, inForce }))
  logDecision(
    draft,
    { unit, change, origin, conflictId: conflict.id },
    oldValue,
    inForce,
    'decision taken back',
  )
}

function decisionWrite(
  draft: RecordDraft,
  unit: Unit,
  change: DecodedChange,
  origin: Origin,
  value: Json,
): FrontierWrite {
  const written: CompetingWrite =
    unit.deletes === null ? { operation: value === null ? 'delete' : 'set', value } : deletion(value === true)
  const { actor, seq, hash } = change
  const time = draft.graph.node(hash)?.time ?? 0
  return { actor, seq, op: draft.graph.maxOp(hash), time, side: sideOf(change, origin, written) }
}

interface Told {
  readonly unit: Unit
  readonly change: DecodedChange
  readonly origin: Origin
  readonly conflictId: string
}

function logDecision(draft: RecordDraft, told: Told, oldValue: Json, newValue: Json, reason: string): void {
  const { unit, change, origin, conflictId } = told
  for (const field of unit.fields) {
    const after = fieldValueIn(unit, newValue, field)
    const line: FieldChange = {
      field,
      operation: after === null ? 'delete' : 'set',
      oldValue: fieldValueIn(unit, oldValue, field),
      newValue: after,
      outcome: 'applied',
      reason,
      code: null,
      conflictId,
      changeHash: change.hash,
      origin,
    }
    draft.lines.push(line)
  }
}

/** Tells the author of a side that the decision is another one. */
function logLosses(
  draft: RecordDraft,
  { unit, conflictId }: Told,
  conflict: Conflict,
  side: Side,
  { value, author, dismisses }: Resolution,
): void {
  const reason = dismisses ? `dismissed by ${author}` : `decided otherwise by ${author}`
  const lost = chosenValue(conflict, unit, side)
  if (side.operation === 'update') {
    if (value !== true || !isJsonObject(side.value)) return
    for (const [field, written] of Object.entries(side.value))
      draft.lines.push(lossLine(side, field, { lost: written, inForce: null }, reason, conflictId))
    return
  }
  for (const field of unit.fields) {
    const values = { lost: fieldValueIn(unit, lost, field), inForce: fieldValueIn(unit, value, field) }
    if (!jsonEqual(values.lost, values.inForce))
      draft.lines.push(lossLine(side, field, values, reason, conflictId))
  }
}
