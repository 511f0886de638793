/**
 * The settling change: the server's own change that makes the document say what the policies decided, so
 * that every replica shows it (C4), and that carries the open conflicts in-band (C8).
 */

import { Counter, ImmutableString } from '@automerge/automerge'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import { SETTLE_MESSAGE } from '../../shared/record/change-message.ts'
import { CONFLICTS_KEY, DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { admitApplied, writesOf } from './admit.ts'
import { applyFieldOp, replaceField } from './apply-field-op.ts'
import { authorChange, settleActor } from './author-change.ts'
import { inBandText } from './in-band-text.ts'
import { valueInForce } from './in-force.ts'
import { atOnce } from './plan-steps.ts'
import type { Target } from './record-document.ts'
import { inOnePiece } from './record-document.ts'
import type { RecordDraft } from './record-draft.ts'
import { serverOrigin } from './server-origin.ts'

/**
 * Changes of a document that may stand beside each other after a commit. Whoever has the document names them all in each
 * message of Automerge's protocol, of which gates take no more than 1,000, and each further change is compared with all.
 */
const HEADS_MAX = 100

/** Writes and admits the settling change, unless the document already says what it ought to. */
export function settle(draft: RecordDraft, at: string): void {
  const repairs = draft.units.filter((unit) => needsRepair(draft, unit))
  const joins = draft.heads.length > HEADS_MAX
  if (repairs.length === 0 && draft.disputed.size === 0 && !joins) return
  const write = (root: Target): void => {
    for (const unit of repairs) putBack(draft, root, unit)
    for (const key of draft.disputed) announce(root, draft.conflicts.get(key))
  }
  enterSettling(draft, at, write, joins)
  draft.restored.clear()
  draft.touched.clear()
  draft.disputed.clear()
}

/** @param joins whether the change is made even if it has nothing to write. */
function enterSettling(draft: RecordDraft, at: string, write: (root: Target) => void, joins = false): void {
  const authoring = { actor: settleActor(draft), saw: null, at, message: SETTLE_MESSAGE, joins }
  const settling = atOnce(authorChange(draft, authoring, inOnePiece(write)))
  if (settling === null) return
  const { bytes, decoded } = settling
  const origin = serverOrigin({ receivedAt: at })
  const told = writesOf(draft, decoded)
  draft.doc.enter(bytes, decoded, told.keys)
  admitApplied(draft, { kind: 'settle', bytes, hash: decoded.hash, origin }, decoded, new Map(), told)
}

/** Deletes are told of in the main document: the others say the same, so that their readers see it (A7). */
export function followDeletion(draft: RecordDraft, at: string): void {
  const isDeleted = draft.doc.value(DELETED_KEY) === true
  for (const document of draft.documents) {
    const isEmpty = document.heads.length === 0
    if (isEmpty || (document.doc.value(DELETED_KEY) === true) === isDeleted) continue
    enterSettling(document, at, (root) => {
      root[DELETED_KEY] = isDeleted
    })
  }
}

function needsRepair(draft: RecordDraft, unit: Unit): boolean {
  if (!draft.touched.has(unit.key)) return false
  if (draft.restored.has(unit.key)) return true
  // Said even if the document says it already: a client that merges the sides may otherwise go on showing one that
  // is not in force, since the library's patches miss a value that a delete uncovers (observed on Automerge 3.5).
  if (draft.disputed.has(unit.key) && !isContainer(unit.spec)) return true
  const conflict = draft.conflicts.get(unit.key)
  const isHeld = conflict !== undefined && isOpen(conflict)
  // Without a dispute, a container shows the merge of everything, which is what it ought to show.
  if (isContainer(unit.spec) && !isHeld) return false
  const [shown, inForce] = [draft.unitValue(unit), valueInForce(draft, unit)]
  // Nobody having said that the record is deleted is as good as somebody saying that it is not.
  return unit.deletes === null ? !jsonEqual(shown, inForce) : (shown === true) !== (inForce === true)
}

function putBack(draft: RecordDraft, root: Target, unit: Unit): void {
  const value = valueInForce(draft, unit)
  for (const field of unit.fields) {
    const spec = draft.specOf(field)
    if (spec !== undefined) putValue(root, field, spec, fieldValueIn(unit, value, field))
  }
}

/**
 * Containers are changed by what differs, and not replaced: what others do to them without having seen it would
 * be lost with the old one.
 */
function putValue(root: Target, field: string, spec: FieldSpec, value: Json): void {
  const current = root[field]
  if (spec.kind === 'counter' && current instanceof Counter) {
    const difference = Number(value) - current.value
    if (difference !== 0) current.increment(difference)
  } else if (isContainer(spec) && spec.kind !== 'counter')
    applyFieldOp(root, spec, { type: 'set', field, value })
  else replaceField(root, field, spec, value)
}

/** Writes the conflict where clients find it offline, or takes it away once it is decided. */
function announce(root: Target, conflict: Conflict | undefined): void {
  const announced = root[CONFLICTS_KEY]
  if (conflict === undefined || !isTarget(announced)) return
  if (!isOpen(conflict)) delete announced[conflict.id]
  else {
    const told = inBandText(conflict)
    // A comment, for one, is not told in-band, and needs no settling change.
    if (String(announced[conflict.id]) !== told) announced[conflict.id] = new ImmutableString(told)
  }
}

const isTarget = (value: unknown): value is Target => typeof value === 'object' && value !== null
