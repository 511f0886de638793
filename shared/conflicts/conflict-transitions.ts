/**
 * The life of a conflict as pure functions (C3–C7): `open → resolved → reopened → resolved …`. Each returns a
 * new conflict; nothing here reads a clock or a store, so a replay of the journal yields the same conflicts.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Json } from '../json.ts'
import type { Conflict, ConflictEvent, Resolution, Side } from './conflict.ts'

/** What stands when a challenger arrives. */
export interface Standing {
  readonly incumbent: Side
  readonly alongside: readonly Side[]
  readonly inForce: Json
}

const ID_HEX_LENGTH = 24
const SIDE_ID_HEX_LENGTH = 16

export const sideIdOf = (changeHash: string): string => changeHash.slice(0, SIDE_ID_HEX_LENGTH)

/** Deterministic: the same first two sides on the same field give the same id everywhere (C3). */
export const conflictIdOf = (documentId: string, field: string, incumbent: Side, challenger: Side): string =>
  bytesToHex(
    sha256(utf8ToBytes([documentId, field, incumbent.changeHash, challenger.changeHash].join('\n'))),
  ).slice(0, ID_HEX_LENGTH)

export function openConflict(
  documentId: string,
  field: string,
  standing: Standing,
  challenger: Side,
  base: Json,
): Conflict {
  return {
    id: conflictIdOf(documentId, field, standing.incumbent, challenger),
    state: 'open',
    kind: `${standing.incumbent.operation}-${challenger.operation}`,
    fields: [field],
    base,
    ...standing,
    challengers: [challenger],
    openedAt: challenger.receivedAt,
    resolution: null,
    events: [sideEvent('opened', challenger)],
  }
}

/**
 * A further write to a disputed field joins the conflict (C4).
 * @param replaced ids of standing challengers that the same author wrote before, and now replaces.
 */
export function challenge(conflict: Conflict, challenger: Side, replaced: readonly string[]): Conflict {
  return {
    ...conflict,
    challengers: [
      ...conflict.challengers.map((side) =>
        replaced.includes(side.id) && side.supersededBy === null
          ? { ...side, supersededBy: challenger.id }
          : side,
      ),
      challenger,
    ],
    events: [...conflict.events, sideEvent('challenged', challenger)],
  }
}

/** A person has decided; every side is settled by it (C5). */
export function resolveConflict(conflict: Conflict, resolution: Resolution): Conflict {
  return {
    ...conflict,
    state: 'resolved',
    resolution,
    events: [
      ...conflict.events,
      { type: 'resolved', resolution, at: resolution.at, author: resolution.author },
    ],
  }
}

/** A write that had not seen the decision competes with what the decision put in force (C6). */
export function reopenConflict(conflict: Conflict, standing: Standing, challenger: Side): Conflict {
  return {
    ...conflict,
    state: 'reopened',
    kind: `${standing.incumbent.operation}-${challenger.operation}`,
    ...standing,
    challengers: [...conflict.challengers.map((side) => settledBy(side, standing.incumbent)), challenger],
    resolution: null,
    events: [...conflict.events, sideEvent('reopened', challenger)],
  }
}

/** The decision is taken back: the sides stand against each other again, with `inForce` in force (C6). */
export function undoResolution(
  conflict: Conflict,
  undone: { readonly at: string; readonly author: string },
  standing: Standing,
): Conflict {
  const { resolution } = conflict
  if (resolution === null) throw new RangeError(`conflict ${conflict.id} has no resolution`)
  return {
    ...conflict,
    state: 'reopened',
    ...standing,
    resolution: null,
    events: [...conflict.events, { type: 'undone', resolution, ...undone }],
  }
}

/** A challenger that an earlier decision has dealt with no longer stands beside that decision. */
const settledBy = (side: Side, decision: Side): Side =>
  side.supersededBy === null ? { ...side, supersededBy: decision.id } : side

const sideEvent = (type: 'opened' | 'challenged' | 'reopened', side: Side): ConflictEvent => ({
  type,
  side: side.id,
  at: side.receivedAt,
  author: side.author,
})
