/**
 * What has become of a change, in the words that its author is shown.
 *
 *            answered                       decided
 *   pending ──────────▶ applied · merged · superseded · rejected
 *           └─────────▶ held ───────────────▶ applied · superseded
 */
import type { ChangeResult } from '../../shared/sync/messages.ts'

export const CHANGE_STATUSES = ['pending', 'applied', 'merged', 'superseded', 'held', 'rejected'] as const

/**
 * - `pending`: the server has not answered. What it writes is shown, and may yet turn out otherwise.
 * - `applied`: durable and in force. `merged`: in force beside, or in the place of, what others wrote.
 * - `superseded`: another write is in force. `held`: a person decides; the incumbent is in force.
 * - `rejected`: it breaks a rule, and nothing of that field was written.
 *
 * Of a change to several fields the worst of their outcomes.
 */
export type ChangeStatus = (typeof CHANGE_STATUSES)[number]

export type StatusEvent =
  | { readonly type: 'answered'; readonly result: ChangeResult }
  /** The conflict in which the change was held is no longer open. */
  | { readonly type: 'decided'; readonly isInForce: boolean }

export function statusAfter(status: ChangeStatus, event: StatusEvent): ChangeStatus {
  switch (status) {
    case 'pending':
      return event.type === 'answered' ? statusOf(event.result) : status
    case 'held':
      return event.type === 'decided' ? (event.isInForce ? 'applied' : 'superseded') : status
    case 'applied':
    case 'merged':
    case 'superseded':
    case 'rejected':
      return status
  }
}

/** Whether its author lost something that he may want to see, and to write again. */
export const hasLost = (status: ChangeStatus): boolean =>
  status === 'superseded' || status === 'held' || status === 'rejected'

/** From the mildest to the worst. */
const SEVERITY = ['applied', 'merged', 'superseded', 'held', 'rejected'] as const

function statusOf(result: ChangeResult): ChangeStatus {
  if (result.status === 'refused') return 'rejected'
  const outcomes = Object.values(result.fields).map(({ outcome }) => outcome)
  return SEVERITY.findLast((status) => outcomes.includes(status)) ?? 'applied'
}
