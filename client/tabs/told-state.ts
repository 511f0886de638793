/** A record's state as the leading tab has told it, and as another tab shows it. Pure. */
import type { Change } from '../../shared/sync/messages.ts'
import type { RecordState } from '../record/record-state.ts'

/**
 * What was made in this tab and the leader has not told yet stays on top. All that was handed over stays as it is: the
 * leader may have sent it.
 */
export function withOwn(state: RecordState, own: readonly Change[]): RecordState {
  const known = new Set([...state.queue, ...state.lost].map(({ change }) => change.id))
  const sent = (change: Change, order: number) => ({ change, order, phase: 'sent' as const })
  return {
    ...state,
    queue: [
      ...state.queue.map((one) => (one.phase === 'waiting' ? sent(one.change, one.order) : one)),
      ...own.filter(({ id }) => !known.has(id)).map((change) => sent(change, Number.MAX_SAFE_INTEGER)),
    ],
  }
}

/** Nothing is under way, and nobody has told anything on this connection. */
export const atRest = ({ known }: RecordState): RecordState => ({
  known,
  parked: null,
  isCurrent: false,
  queue: [],
  lost: [],
})

/** Conflicts in which changes are held that `isOwn` names: their author is told when they are answered. */
export const ownConflicts = ({ lost }: RecordState, isOwn: (id: string) => boolean): ReadonlySet<string> =>
  new Set(
    lost
      .filter(({ change, status }) => status === 'held' && isOwn(change.id))
      .flatMap(({ fields }) => Object.values(fields))
      .flatMap(({ conflictId }) => (conflictId === null ? [] : [conflictId])),
  )
