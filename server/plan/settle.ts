/**
 * The settling change: the server's own change that makes the document say what the policies decided, so
 * that every replica shows it (C4), and that carries the open conflicts in-band (C8).
 */

import { ImmutableString } from '@automerge/automerge'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import { SETTLE_MESSAGE } from '../../shared/record/change-message.ts'
import { CONFLICTS_KEY } from '../../shared/record/reserved-keys.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Target } from './apply-field-op.ts'
import { replaceField } from './apply-field-op.ts'
import type { AuthoredChange } from './author-change.ts'
import { authorChange, SETTLE_ACTOR } from './author-change.ts'
import { valueInForce } from './judge.ts'
import type { RecordDraft } from './record-draft.ts'

/** @returns null if the document already says what it ought to. */
export function settle(draft: RecordDraft, at: string): AuthoredChange | null {
  const repairs = [...draft.touched].filter((field) => needsRepair(draft, field))
  if (repairs.length === 0 && draft.disputed.size === 0) return null
  const authoring = { actor: SETTLE_ACTOR, saw: null, at, message: SETTLE_MESSAGE }
  return authorChange(draft, authoring, (root) => {
    for (const field of repairs) {
      const spec = draft.specOf(field)
      if (spec !== undefined) replaceField(root, field, spec, valueInForce(draft, field, spec))
    }
    for (const field of draft.disputed) announce(root, draft.conflicts.get(field))
  })
}

function needsRepair(draft: RecordDraft, field: string): boolean {
  const spec = draft.specOf(field)
  if (spec === undefined) return false
  if (draft.restored.has(field)) return true
  const conflict = draft.conflicts.get(field)
  const isHeld = conflict !== undefined && isOpen(conflict)
  // Without a dispute, a container shows the merge of everything, which is what it ought to show.
  if (isContainer(spec) && !isHeld) return false
  return !jsonEqual(draft.valueOf(field, spec), valueInForce(draft, field, spec))
}

/** Writes the conflict where clients find it offline, or takes it away once it is decided. */
function announce(root: Target, conflict: Conflict | undefined): void {
  const announced = root[CONFLICTS_KEY]
  if (conflict === undefined || !isTarget(announced)) return
  if (isOpen(conflict)) announced[conflict.id] = new ImmutableString(JSON.stringify(inBand(conflict)))
  else delete announced[conflict.id]
}

function inBand(conflict: Conflict): Json {
  const side = ({
    id,
    operation,
    value,
    author,
    device,
    claimedAt,
    receivedAt,
  }: Conflict['incumbent']): Json => ({
    id,
    operation,
    value,
    author,
    device,
    claimedAt,
    receivedAt,
  })
  const { incumbent } = conflict
  return {
    fields: conflict.fields,
    kind: conflict.kind,
    base: conflict.base,
    inForce: conflict.inForce,
    incumbent: side(incumbent),
    challengers: standingSides(conflict)
      .filter(({ id }) => id !== incumbent.id)
      .map(side),
    openedAt: conflict.openedAt,
  }
}

const isTarget = (value: unknown): value is Target => typeof value === 'object' && value !== null
