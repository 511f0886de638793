/** Makes competing writes a conflict, or adds one to the conflict that is open (C1, C4, C6). */
import type { DecodedChange } from '@automerge/automerge'
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import { challenge, openConflict, reopenConflict } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import type { RecordDraft } from './record-draft.ts'

/**
 * @param against the writes in force that the challenger competes with, newest last.
 * @param before what was in force before the change.
 */
export function dispute(
  draft: RecordDraft,
  unit: Unit,
  change: DecodedChange,
  challenger: Side,
  against: readonly [Side, ...Side[]],
  before: Json,
): Conflict {
  const incumbent = against.at(-1) ?? against[0]
  const standing = { incumbent, alongside: against.slice(0, -1), inForce: before }
  const earlier = draft.conflicts.get(unit.key)
  const decision = earlier?.resolution ?? null
  if (earlier !== undefined && decision !== null && !hasSeen(draft, change, decision.changeHash))
    return keep(draft, unit, reopenConflict(earlier, standing, challenger))
  const common = draft.graph.commonHeads(incumbent.changeHash, change.hash)
  const base = draft.unitValueAt(common, unit)
  const inForce = unit.spec.critical?.hold === 'base' ? base : before
  return keep(
    draft,
    unit,
    openConflict(draft.origin.documentId, unit, { ...standing, inForce }, challenger, base),
  )
}

/** The unit is disputed: every further write joins as a challenger, whatever its author saw (C4). */
export function joinDispute(
  draft: RecordDraft,
  unit: Unit,
  change: DecodedChange,
  conflict: Conflict,
  challenger: Side,
): void {
  const replaced = conflict.challengers
    .filter(
      ({ supersededBy, changeHash }) =>
        supersededBy === null && draft.graph.node(changeHash)?.actor === change.actor,
    )
    .map((side) => side.id)
  keep(draft, unit, challenge(conflict, challenger, replaced))
}

export function hasSeen(draft: RecordDraft, change: DecodedChange, hash: string): boolean {
  const node = draft.graph.node(hash)
  return node !== undefined && draft.graph.sees(change.hash, node.actor, node.seq)
}

function keep(draft: RecordDraft, unit: Unit, conflict: Conflict): Conflict {
  draft.setConflict(unit, conflict)
  return conflict
}
