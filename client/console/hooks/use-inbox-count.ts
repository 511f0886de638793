/** How many conflicts wait for a decision, live. */
import type { ConflictState } from '../../../shared/conflicts/conflict.ts'
import { OPEN_STATES } from '../../../shared/conflicts/conflict.ts'
import { useInbox } from './sluice-hooks.ts'

const WAITING: ReadonlySet<ConflictState> = new Set(OPEN_STATES)

export interface InboxCount {
  readonly count: number
  /** There are more than were counted. */
  readonly hasMore: boolean
}

/** @returns null until the server has told. */
export function useInboxCount(): InboxCount | null {
  const counts = useInbox({ limit: 1, select: (inbox) => inbox.counts })
  if (counts === null) return null
  const waiting = counts.groups.filter(({ state }) => WAITING.has(state))
  return { count: waiting.reduce((sum, group) => sum + group.count, 0), hasMore: !counts.isWhole }
}
