/** The durable record of competing writes, and of what a person decided about them. */
import type { Json, JsonObject } from '../json.ts'
import type { FieldOperation } from '../record/field-change.ts'
import type { DoorName } from '../record/origin.ts'

export type ConflictState = 'open' | 'resolved' | 'reopened'

/** What competes with what: the incumbent's operation first. */
export type ConflictKind = `${FieldOperation}-${FieldOperation}`

export interface Side {
  /** Names the side within its conflict: the first 16 hex digits of its change's hash. */
  readonly id: string
  readonly operation: FieldOperation
  /** The written value; for an increment the amount; null for a delete. */
  readonly value: Json
  readonly author: string
  readonly session: string
  readonly door: DoorName
  readonly device: string | null
  readonly metadata: JsonObject
  readonly claimedAt: string | null
  readonly receivedAt: string
  /** The version token of what the author had seen. */
  readonly sawVersion: string
  readonly changeHash: string
  /** Id of a later side whose author had seen this one and replaced it; null while it stands. */
  readonly supersededBy: string | null
}

export interface Resolution {
  /** Id of the chosen side; null when another value was given. */
  readonly choose: string | null
  readonly value: Json
  /** Ids of the sides that the resolver had before him. */
  readonly seen: readonly string[]
  readonly note: string | null
  readonly author: string
  readonly at: string
  readonly changeHash: string
}

export type ConflictEvent =
  | {
      readonly type: 'opened' | 'challenged' | 'reopened'
      readonly side: string
      readonly at: string
      readonly author: string
    }
  | {
      readonly type: 'resolved' | 'undone'
      readonly resolution: Resolution
      readonly at: string
      readonly author: string
    }

export interface Conflict {
  readonly id: string
  readonly state: ConflictState
  readonly kind: ConflictKind
  readonly fields: readonly string[]
  /** The last value that the first two sides had both seen; null when there was none. */
  readonly base: Json
  /** The value that stays in force until somebody decides (C4); once resolved, what was in force before. */
  readonly inForce: Json
  readonly incumbent: Side
  /** Other writes that make up the value in force and that a challenger had not seen, such as increments. */
  readonly alongside: readonly Side[]
  readonly challengers: readonly Side[]
  readonly openedAt: string
  /** The decision in force; null while the conflict is open. */
  readonly resolution: Resolution | null
  readonly events: readonly ConflictEvent[]
}

export const isOpen = (conflict: Conflict): boolean => conflict.state !== 'resolved'

/** Sides that a decision must have seen: those in force and every challenger that still stands (C5). */
export const standingSides = (conflict: Conflict): readonly Side[] => [
  conflict.incumbent,
  ...conflict.alongside,
  ...conflict.challengers.filter((side) => side.supersededBy === null),
]
