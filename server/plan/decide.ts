/** Carries a person's decision into a draft: a resolution (C5), or taking one back (C6). */

import type { DecodedChange } from '@automerge/automerge'
import type { Conflict, Resolution, Side } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { resolveConflict, undoResolution } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import { readDecision } from '../../shared/record/change-message.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { valueInForce } from './judge.ts'
import { sideOf } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'

export interface DisputedField {
  readonly field: string
  readonly spec: FieldSpec
  readonly conflict: Conflict
}

/** The field whose latest conflict has this id. */
export function findConflict(draft: RecordDraft, id: string): DisputedField | undefined {
  for (const [field, conflict] of draft.conflicts) {
    const spec = draft.specOf(field)
    if (conflict.id === id && spec !== undefined) return { field, spec, conflict }
  }
  return undefined
}

/** The value that choosing a side puts in force. */
export function chosenValue(conflict: Conflict, spec: FieldSpec, side: Side): Json {
  const isInForce = side.id === conflict.incumbent.id || conflict.alongside.some(({ id }) => id === side.id)
  if (isInForce) return conflict.inForce
  if (side.operation === 'increment')
    return typeof conflict.inForce === 'number' && typeof side.value === 'number'
      ? conflict.inForce + side.value
      : side.value
  return side.operation === 'delete' && spec.kind === 'counter' ? 0 : side.value
}

/** Enters a resolving change, already applied and recorded, into the conflict that it names. */
export function admitResolution(draft: RecordDraft, change: DecodedChange, origin: Origin): void {
  const message = readDecision(change.message)
  const disputed = findConflict(draft, message.conflict)
  if (message.sluice !== 'resolution' || disputed === undefined || !isOpen(disputed.conflict))
    throw new RangeError(`change ${change.hash} resolves nothing`)
  const { field, spec, conflict } = disputed
  const oldValue = valueInForce(draft, field, spec)
  const value = draft.valueOf(field, spec)
  const resolution: Resolution = {
    choose: message.choose,
    value,
    seen: message.seen,
    note: message.note,
    author: origin.subject,
    at: origin.receivedAt,
    changeHash: change.hash,
  }
  const side = sideOf(change, origin, { operation: value === null ? 'delete' : 'set', value })
  draft.frontiers.set(field, [{ actor: change.actor, seq: change.seq, side }])
  draft.setConflict(field, resolveConflict(conflict, resolution))
  draft.lines.push(decisionLine(field, oldValue, value, conflict, change, origin, 'decided by a person'))
}

/** Enters the taking back of a resolution. */
export function admitUndo(draft: RecordDraft, change: DecodedChange, origin: Origin): void {
  const message = readDecision(change.message)
  const disputed = findConflict(draft, message.conflict)
  if (message.sluice !== 'undo' || disputed?.conflict.resolution == null)
    throw new RangeError(`change ${change.hash} takes nothing back`)
  const { field, spec, conflict } = disputed
  const decision = disputed.conflict.resolution
  const newest = draft.frontiers.get(field)?.at(-1)
  const oldValue = valueInForce(draft, field, spec)
  // Somebody may have written on, having seen the decision: then his value is what stands, and stays.
  const standing =
    newest === undefined || newest.side.changeHash === decision.changeHash
      ? conflict
      : { incumbent: newest.side, alongside: [conflict.incumbent, ...conflict.alongside], inForce: oldValue }
  const { incumbent, alongside, inForce } = standing
  const undone = { at: origin.receivedAt, author: origin.subject }
  draft.setConflict(field, undoResolution(conflict, undone, { incumbent, alongside, inForce }))
  draft.lines.push(decisionLine(field, oldValue, inForce, conflict, change, origin, 'decision taken back'))
}

const decisionLine = (
  field: string,
  oldValue: Json,
  newValue: Json,
  conflict: Conflict,
  change: DecodedChange,
  origin: Origin,
  reason: string,
): FieldChange => ({
  field,
  operation: newValue === null ? 'delete' : 'set',
  oldValue,
  newValue,
  outcome: 'applied',
  reason,
  conflictId: conflict.id,
  changeHash: change.hash,
  origin,
})
