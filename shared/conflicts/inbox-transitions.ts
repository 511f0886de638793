/**
 * What persons do to a conflict without writing a value into its record, as pure functions (C7): assign, comment,
 * propose, approve, withdraw. Each returns a new conflict.
 */
import type { Conflict, Proposal } from './conflict.ts'
import { withState } from './conflict-state.ts'

/** Who takes a step, and when. */
export interface Stepping {
  readonly author: string
  readonly at: string
}

/** A step in the life of a conflict, as the journal keeps it. */
export type InboxStep =
  | { readonly type: 'assign'; readonly assignee: string | null }
  | { readonly type: 'comment'; readonly text: string }
  | ({ readonly type: 'propose' } & Pick<Proposal, 'choose' | 'value' | 'seen' | 'note' | 'dismisses'>)
  | { readonly type: 'approve' }
  | { readonly type: 'withdraw' }

/** From here on a conflict takes no more comments, assignments and decisions taken back, so that it stays bounded. */
export const CONFLICT_EVENTS_MAX = 1_000

/** @throws RangeError for a step that needs a proposal where there is none. */
export function takeStep(conflict: Conflict, step: InboxStep, by: Stepping): Conflict {
  switch (step.type) {
    case 'assign':
      return assign(conflict, step.assignee, by)
    case 'comment':
      return { ...conflict, events: [...conflict.events, { type: 'commented', text: step.text, ...by }] }
    case 'propose':
      return propose(conflict, step, by)
    case 'approve':
      return approve(conflict, by)
    case 'withdraw': {
      const proposal = proposalOf(conflict).id
      return withState({
        ...conflict,
        proposal: null,
        events: [...conflict.events, { type: 'withdrawn', proposal, ...by }],
      })
    }
  }
}

/** Everybody that has agreed to a proposal, its author first. */
export const supportersOf = ({ author, approvals }: Proposal): readonly string[] => [
  author,
  ...approvals.map((approval) => approval.author),
]

function assign(conflict: Conflict, assignee: string | null, by: Stepping): Conflict {
  const { assignee: before, events } = conflict
  if (assignee === before) return conflict
  const event =
    assignee === null
      ? ({ type: 'unassigned', assignee: before ?? '', ...by } as const)
      : ({ type: 'assigned', assignee, ...by } as const)
  return withState({ ...conflict, assignee, events: [...events, event] })
}

/** An earlier proposal is replaced; it stays in the events. */
function propose(
  conflict: Conflict,
  { choose, value, seen, note, dismisses }: Extract<InboxStep, { type: 'propose' }>,
  by: Stepping,
): Conflict {
  const earlier = conflict.events.filter(({ type }) => type === 'proposed').length
  const proposal: Proposal = {
    id: `p${earlier + 1}`,
    choose,
    value,
    seen,
    note,
    dismisses,
    approvals: [],
    ...by,
  }
  return withState({
    ...conflict,
    proposal,
    events: [...conflict.events, { type: 'proposed', proposal, ...by }],
  })
}

function approve(conflict: Conflict, by: Stepping): Conflict {
  const proposal = proposalOf(conflict)
  return withState({
    ...conflict,
    proposal: { ...proposal, approvals: [...proposal.approvals, by] },
    events: [...conflict.events, { type: 'approved', proposal: proposal.id, ...by }],
  })
}

function proposalOf({ id, proposal }: Conflict): Proposal {
  if (proposal === null) throw new RangeError(`conflict ${id} has no proposal`)
  return proposal
}
