/**
 * What writes do to a conflict, as pure functions (C3–C6): it opens, is challenged, resolved, reopened, resolved …
 * Each returns a new conflict; nothing here reads a clock or a store, so a replay of the journal yields the same
 * conflicts. What persons do besides is in `inbox-transitions.ts`.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Json } from '../json.ts'
import type { Unit } from '../schema/unit.ts'
import type { Conflict, Resolution, Side, SideEvent } from './conflict.ts'
import { withState } from './conflict-state.ts'

/** What stands when a challenger arrives. */
export interface Standing {
  readonly incumbent: Side
  readonly alongside: readonly Side[]
  readonly inForce: Json
}

const ID_HEX_LENGTH = 24
const SIDE_ID_HEX_LENGTH = 16

export const sideIdOf = (changeHash: string): string => changeHash.slice(0, SIDE_ID_HEX_LENGTH)

/** Deterministic: the same first two sides on the same field or group give the same id everywhere (C3). */
export const conflictIdOf = (
  documentId: string,
  unitKey: string,
  incumbent: Side,
  challenger: Side,
): string =>
  bytesToHex(
    sha256(utf8ToBytes([documentId, unitKey, incumbent.changeHash, challenger.changeHash].join('\n'))),
  ).slice(0, ID_HEX_LENGTH)

export function openConflict(
  documentId: string,
  unit: Pick<Unit, 'key' | 'fields'>,
  standing: Standing,
  challenger: Side,
  base: Json,
): Conflict {
  return {
    id: conflictIdOf(documentId, unit.key, standing.incumbent, challenger),
    state: 'open',
    kind: `${standing.incumbent.operation}-${challenger.operation}`,
    fields: unit.fields,
    base,
    ...standing,
    challengers: [challenger],
    openedAt: challenger.receivedAt,
    assignee: null,
    proposal: null,
    resolution: null,
    events: [sideEvent('opened', challenger)],
    forgotten: 0,
  }
}

/**
 * A further write to a disputed field joins the conflict (C4), and voids a proposal, which has not seen it (C5).
 * @param replaced ids of standing challengers that the same author wrote before, and now replaces. Of such sides the
 *   newest stay on record.
 */
export function challenge(conflict: Conflict, challenger: Side, replaced: readonly string[]): Conflict {
  const { proposal, events } = conflict
  const { receivedAt: at, author, id: side } = challenger
  const arrived = [...events, sideEvent('challenged', challenger)]
  const isReplaced = new Set(replaced)
  return withState(
    withoutOldest({
      ...conflict,
      challengers: [
        ...conflict.challengers.map((side) =>
          isReplaced.has(side.id) ? { ...side, supersededBy: challenger.id } : side,
        ),
        challenger,
      ],
      proposal: null,
      events:
        proposal === null
          ? arrived
          : [...arrived, { type: 'voided', proposal: proposal.id, side, at, author }],
    }),
  )
}

/** Who saves again and again while nobody decides would make the conflict grow: the log has what is left out here. */
const REPLACED_MAX = 20

/** Keeps the newest of the sides that have been replaced, and of their arrivals. */
function withoutOldest(conflict: Conflict): Conflict {
  const replaced = conflict.challengers.filter(({ supersededBy }) => supersededBy !== null)
  if (replaced.length <= REPLACED_MAX) return conflict
  const dropped = new Set(replaced.slice(0, -REPLACED_MAX).map(({ id }) => id))
  const events = conflict.events.filter((event) => event.type !== 'challenged' || !dropped.has(event.side))
  return {
    ...conflict,
    challengers: conflict.challengers.filter(({ id }) => !dropped.has(id)),
    events,
    forgotten: conflict.forgotten + conflict.events.length - events.length,
  }
}

/** It is decided; every side is settled by it (C5). */
export function resolveConflict(conflict: Conflict, resolution: Resolution): Conflict {
  const { at, author, dismisses } = resolution
  return withState({
    ...conflict,
    proposal: null,
    resolution,
    events: [
      ...conflict.events,
      { type: dismisses ? ('dismissed' as const) : ('resolved' as const), resolution, at, author },
    ],
  })
}

/** A write that had not seen the decision competes with what the decision put in force (C6). */
export function reopenConflict(conflict: Conflict, standing: Standing, challenger: Side): Conflict {
  return withState({
    ...conflict,
    kind: `${standing.incumbent.operation}-${challenger.operation}`,
    ...standing,
    challengers: [...earlierSides(conflict, standing), challenger],
    resolution: null,
    events: [...conflict.events, sideEvent('reopened', challenger)],
  })
}

/** The decision is taken back: the sides stand against each other again, with `inForce` in force (C6). */
export function undoResolution(
  conflict: Conflict,
  undone: { readonly at: string; readonly author: string },
  standing: Standing,
): Conflict {
  const { resolution } = conflict
  if (resolution === null) throw new RangeError(`conflict ${conflict.id} has no resolution`)
  return withState({
    ...conflict,
    ...standing,
    resolution: null,
    events: [...conflict.events, { type: 'undone', resolution, ...undone }],
  })
}

/** What an earlier decision has dealt with stays on record (C8), those that were in force then included. */
function earlierSides(conflict: Conflict, { incumbent, alongside }: Standing): readonly Side[] {
  const standing = new Set([incumbent, ...alongside].map(({ id }) => id))
  const known = new Set(conflict.challengers.map(({ id }) => id))
  const inForceThen = [conflict.incumbent, ...conflict.alongside].filter(({ id }) => !known.has(id))
  return [...inForceThen, ...conflict.challengers]
    .filter(({ id }) => !standing.has(id))
    .map((side) => settledBy(side, incumbent))
}

/** A challenger that an earlier decision has dealt with no longer stands beside that decision. */
const settledBy = (side: Side, decision: Side): Side =>
  side.supersededBy === null ? { ...side, supersededBy: decision.id } : side

const sideEvent = (type: SideEvent['type'], side: Side): SideEvent => ({
  type,
  side: side.id,
  at: side.receivedAt,
  author: side.author,
})
