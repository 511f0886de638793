/** Where a conflict is in its life, derived from what is known of it, so that the two never disagree (C7). */
import type { Conflict, ConflictState } from './conflict.ts'

type Facts = Pick<Conflict, 'assignee' | 'proposal' | 'resolution' | 'events'>

export function stateOf({ assignee, proposal, resolution, events }: Facts): ConflictState {
  if (resolution !== null) return resolution.dismisses ? 'dismissed' : 'resolved'
  if (proposal !== null) return 'awaiting-approval'
  if (assignee !== null) return 'assigned'
  return events.some(({ type }) => type === 'reopened' || type === 'undone') ? 'reopened' : 'open'
}

export const withState = (conflict: Conflict): Conflict => ({ ...conflict, state: stateOf(conflict) })
