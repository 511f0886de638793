/** What a plan makes happen to a conflict, each thing by itself: the outbox tells of it. */
import type { Conflict, ConflictEvent } from '../../shared/conflicts/conflict.ts'

export interface ConflictStep {
  /** As it is after it. */
  readonly conflict: Conflict
  readonly type: ConflictEvent['type']
  /** Which of its events it is, from 1. */
  readonly ordinal: number
}

/** @param before what the record has under its key: the same conflict as it was, or another that is over. */
export function stepsSince(before: Conflict | undefined, conflict: Conflict): readonly ConflictStep[] {
  const told = before?.id === conflict.id ? eventCount(before) : 0
  const first = told - conflict.forgotten
  return conflict.events
    .slice(first)
    .map(({ type }, index) => ({ conflict, type, ordinal: told + index + 1 }))
}

const eventCount = ({ events, forgotten }: Conflict): number => forgotten + events.length
