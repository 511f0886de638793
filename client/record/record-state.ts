/**
 * A record as a client knows it: what the server has last told, and the author's own changes that it does not show. Pure:
 * every function returns another state. No queued change is ever left out of a state but by its answer, or
 * because its record was erased.
 *
 * The server tells what a change has made of a record before it answers the change, so a snapshot that comes while
 * answers are due may or may not show what was sent. It is parked until they are there; since the next changes are
 * sent only then, that is never long.
 */
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Change, ChangeResult, Mark, RecordSnapshot } from '../../shared/sync/messages.ts'
import { CHANGE_AFTER_MAX } from '../../shared/sync/messages.ts'
import { hasLost, statusAfter } from './change-status.ts'
import { coalesce } from './coalesce.ts'
import type { LostChange, QueuedChange } from './queued-change.ts'

/** What the server has told, and its name for it. */
export interface KnownRecord {
  readonly mark: Mark
  readonly record: RecordSnapshot
}

export interface RecordState {
  /** Null before the server has told anything. */
  readonly known: KnownRecord | null
  /** Newer than `known`; it may show changes whose answers are due. */
  readonly parked: KnownRecord | null
  /** The server has told on this connection what there is. */
  readonly isCurrent: boolean
  /** In the order in which they were made. */
  readonly queue: readonly QueuedChange[]
  readonly lost: readonly LostChange[]
}

export const emptyRecord: RecordState = { known: null, parked: null, isCurrent: false, queue: [], lost: [] }

/** Where a change is placed: what its author had before him. */
export interface Vantage {
  readonly seen: Change['seen']
  readonly after: readonly string[]
}

/** What an author has before him now: the version that is shown, and his own changes on top of it. */
export const vantageOf = ({ known, queue }: RecordState): Vantage => ({
  seen: known?.record.version ?? null,
  after: queue.map(({ change }) => change.id).reverse(),
})

export interface Proposed {
  readonly state: RecordState
  /** The change as it is queued: of two that became one it is the earlier one's. */
  readonly change: Change
}

/** Queues a change that its author has made. @param vantage where he says that he stood; null: here and now. */
export function propose(
  collection: CollectionSpec,
  state: RecordState,
  asked: Omit<Change, 'seen' | 'after'>,
  { vantage, order }: { readonly vantage: Vantage | null; readonly order: number },
): Proposed {
  const { seen, after } = vantage ?? vantageOf(state)
  const change: Change = { ...asked, seen, after: after.slice(0, CHANGE_AFTER_MAX) }
  const last = state.queue.at(-1)
  const one = vantage === null && last?.phase === 'waiting' ? coalesce(collection, last.change, change) : null
  const queue =
    last !== undefined && one !== null
      ? [...state.queue.slice(0, -1), { ...last, change: one }]
      : [...state.queue, { change, order, phase: 'waiting' as const }]
  return { state: { ...state, queue }, change: one ?? change }
}

/** Changes that may be sent now: all that wait, once everything before them is answered. */
export const sendable = ({ queue }: RecordState): readonly QueuedChange[] =>
  queue.some(({ phase }) => phase === 'sent') ? [] : queue.filter(({ phase }) => phase === 'waiting')

export const sent = (state: RecordState, ids: ReadonlySet<string>): RecordState => ({
  ...state,
  queue: state.queue.map((one) =>
    one.phase === 'waiting' && ids.has(one.change.id)
      ? { change: one.change, order: one.order, phase: 'sent' }
      : one,
  ),
})

/**
 * The server has told what there is; null: what is known is what there is. Of a record that was erased nothing is kept,
 * and what was changed in it is not sent (E4).
 */
export function told(state: RecordState, news: KnownRecord | null): RecordState {
  const known = news ?? state.parked ?? state.known
  if (known === null) return { ...state, isCurrent: true }
  if (known.record.status === 'erased') return { ...emptyRecord, known, isCurrent: true }
  return state.queue.some(({ phase }) => phase === 'sent')
    ? { ...state, isCurrent: true, parked: known }
    : adopt({ ...state, isCurrent: true }, known)
}

/** The connection has gone: what the server has told of late may miss what comes next. */
export const disconnected = (state: RecordState): RecordState => ({ ...state, isCurrent: false })

export function answered(state: RecordState, id: string, result: ChangeResult): RecordState {
  const one = state.queue.find(({ change }) => change.id === id)
  if (one === undefined || one.phase === 'answered') return state
  const status = statusAfter('pending', { type: 'answered', result })
  const loss = hasLost(status) ? [lossOf(one, result)] : []
  const queue = state.queue.flatMap((other): readonly QueuedChange[] => {
    if (other !== one) return [other]
    if (result.status === 'refused') return []
    return [{ change: one.change, order: one.order, phase: 'answered', result }]
  })
  const next = { ...state, queue, lost: [...state.lost, ...loss] }
  const isSettled = state.isCurrent && !queue.some(({ phase }) => phase === 'sent')
  const known = state.parked ?? state.known
  return isSettled && known !== null ? adopt(next, known) : next
}

/** The author has seen what became of it. */
export const dismissed = (state: RecordState, id: string): RecordState => ({
  ...state,
  lost: state.lost.filter(({ change }) => change.id !== id),
})

/** Whether something is not durable on the server yet. */
export const isPending = ({ queue }: RecordState): boolean => queue.some(({ phase }) => phase !== 'answered')

/** From here on a snapshot shows what was answered. */
function adopt(state: RecordState, known: KnownRecord): RecordState {
  const queue = state.queue.filter(({ phase }) => phase !== 'answered')
  return { ...state, known, parked: null, queue, lost: state.lost.map((loss) => decided(loss, known.record)) }
}

function lossOf({ change, order }: QueuedChange, result: ChangeResult): LostChange {
  const status = statusAfter('pending', { type: 'answered', result })
  return result.status === 'refused'
    ? { change, order, phase: 'lost', status, fields: {}, refusal: result }
    : { change, order, phase: 'lost', status, fields: result.fields, refusal: null }
}

/** A held change whose conflicts are closed has been decided: is what it wrote in force? */
function decided(loss: LostChange, { conflicts, fields }: RecordSnapshot): LostChange {
  if (loss.status !== 'held') return loss
  const open = new Set(conflicts.map(({ id }) => id))
  const held = Object.entries(loss.fields).filter(([, { outcome }]) => outcome === 'held')
  if (held.some(([, { conflictId }]) => conflictId !== null && open.has(conflictId))) return loss
  const isInForce = held.every(([field]) => {
    const op = loss.change.ops.findLast((one) => one.field === field)
    return op?.type === 'set' && JSON.stringify(op.value) === JSON.stringify(fields[field] ?? null)
  })
  return { ...loss, status: statusAfter(loss.status, { type: 'decided', isInForce }) }
}
