/** The durable record of competing writes, and of what a person decided about them. */
import type { Json, JsonObject } from '../json.ts'
import type { FieldOperation } from '../record/field-change.ts'
import type { DoorName } from '../record/origin.ts'

/**
 * Where a conflict is in its life (C7). `dismissed`: a person has said that there is nothing to decide. All but
 * that and `resolved` wait for somebody.
 */
export type ConflictState = 'open' | 'assigned' | 'awaiting-approval' | 'resolved' | 'reopened' | 'dismissed'

/** The states of a conflict that is not decided. */
export const OPEN_STATES = ['open', 'assigned', 'awaiting-approval', 'reopened'] as const

export const CONFLICT_STATES: readonly ConflictState[] = [...OPEN_STATES, 'resolved', 'dismissed']

/** `update`: a change of other fields, beside which the record was deleted. */
export type SideOperation = FieldOperation | 'update'

/** What competes with what: the incumbent's operation first. */
export type ConflictKind = `${SideOperation}-${SideOperation}` | 'dead-letter'

export interface Side {
  /** Names the side within its conflict: the first 16 hex digits of its change's hash. */
  readonly id: string
  readonly operation: SideOperation
  /**
   * The written value; for an increment the amount; null for a delete; of linked fields, and for an update, an
   * object with a member for each.
   */
  readonly value: Json
  readonly author: string
  /** Authenticated roles of the author. */
  readonly roles: readonly string[]
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

/** What somebody wants the conflict to end in. */
export interface Decision {
  /** Id of the chosen side; null when another value was given. */
  readonly choose: string | null
  readonly value: Json
  /** Ids of the sides that the author had before him. */
  readonly seen: readonly string[]
  readonly note: string | null
  /** It says that there is nothing to decide: what is in force stays. */
  readonly dismisses: boolean
  /** Whose decision it is. Those who approve are named beside him. */
  readonly author: string
}

export interface Approval {
  readonly author: string
  readonly at: string
}

/** A decision that waits for the approval of other persons (C7). */
export interface Proposal extends Decision {
  /** Names it within its conflict, so that nobody approves another one than he has read. */
  readonly id: string
  readonly at: string
  /** In the order in which they came; its author is not among them. */
  readonly approvals: readonly Approval[]
}

export interface Resolution extends Decision {
  /** When it came into force. */
  readonly at: string
  readonly approvals: readonly Approval[]
  /** The change that carries it out, written by the last person that it took; empty when it writes nothing. */
  readonly changeHash: string
}

interface Step<Type extends string> {
  readonly type: Type
  readonly at: string
  readonly author: string
}

export type SideEvent = Step<'opened' | 'challenged' | 'reopened'> & { readonly side: string }

/** Something that has happened to a conflict. */
export type ConflictEvent =
  | SideEvent
  | (Step<'resolved' | 'dismissed' | 'undone'> & { readonly resolution: Resolution })
  | (Step<'assigned'> & { readonly assignee: string })
  /** `assignee` is who had it. */
  | (Step<'unassigned'> & { readonly assignee: string })
  | (Step<'commented'> & { readonly text: string })
  | (Step<'proposed'> & { readonly proposal: Proposal })
  /** `proposal` is its id. */
  | (Step<'approved' | 'withdrawn'> & { readonly proposal: string })
  /** A side has arrived that the proposal had not seen. */
  | (Step<'voided'> & { readonly proposal: string; readonly side: string })

export interface Conflict {
  readonly id: string
  readonly state: ConflictState
  readonly kind: ConflictKind
  /** One, or the fields of a critical group; of a delete beside an update `_deleted`. */
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
  /** The subject that is to decide it; kept when it is decided, and when it is reopened. */
  readonly assignee: string | null
  /** The decision that waits for approval. */
  readonly proposal: Proposal | null
  /** The decision in force; null while the conflict is open. */
  readonly resolution: Resolution | null
  /** Oldest first. That a side has arrived which its author has replaced since is kept as long as the side is. */
  readonly events: readonly ConflictEvent[]
  /** How many events are not kept any more. */
  readonly forgotten: number
}

/** It waits for a decision: the field stays disputed, in whatever state the work on it is. */
export const isOpen = ({ resolution }: Pick<Conflict, 'resolution'>): boolean => resolution === null

/** Sides that a decision must have seen: those in force and every challenger that still stands (C5). */
export const standingSides = (conflict: Conflict): readonly Side[] => [
  conflict.incumbent,
  ...conflict.alongside,
  ...conflict.challengers.filter((side) => side.supersededBy === null),
]
