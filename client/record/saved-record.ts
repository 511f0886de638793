/** A record's state as entries of a client store, and back: what is written is what has changed. */
import type { Json, JsonObject } from '../../shared/json.ts'
import type { StoredEntry, StoreWrite } from '../store/client-store.ts'
import type { LostChange, QueuedChange } from './queued-change.ts'
import type { KnownRecord, RecordState } from './record-state.ts'
import { emptyRecord } from './record-state.ts'

/** The key of a record's entries: `collection/id`. */
export const recordName = (collection: string, id: string): string => `${collection}/${id}`

/** What makes the stored state of a record equal to `after`. */
export function recordWrites(name: string, before: RecordState, after: RecordState): readonly StoreWrite[] {
  const writes: StoreWrite[] = []
  if (before.known !== after.known && after.known !== null)
    writes.push({ type: 'put', kind: 'record', key: name, value: after.known as unknown as JsonObject })
  const old = entriesOf(before)
  const next = entriesOf(after)
  for (const [key, value] of next)
    if (old.get(key) !== value)
      writes.push({ type: 'put', kind: 'change', key, value: value as unknown as JsonObject })
  for (const key of old.keys()) if (!next.has(key)) writes.push({ type: 'delete', kind: 'change', key })
  return writes
}

/**
 * The states of all records with changes of their own, by name.
 * @param entries of kind `change`, in the order of their keys.
 */
export function readChanges(entries: readonly StoredEntry[]): ReadonlyMap<string, RecordState> {
  const states = new Map<string, RecordState>()
  for (const { value } of entries) {
    const one = asSent(value as unknown as QueuedChange | LostChange)
    const name = recordName(one.change.collection, one.change.recordId)
    const state = states.get(name) ?? emptyRecord
    states.set(
      name,
      one.phase === 'lost'
        ? { ...state, lost: [...state.lost, one] }
        : { ...state, queue: [...state.queue, one] },
    )
  }
  return states
}

/** @param entry what is stored of the snapshot; undefined if nothing is. */
export const withSnapshot = (state: RecordState, entry: Json | Uint8Array | undefined): RecordState => ({
  ...state,
  known: entry === undefined || entry === null ? null : (entry as unknown as KnownRecord),
})

/** Keys sort in the order in which changes were made. A change that was partly lost may also still be queued. */
const entriesOf = ({ queue, lost }: RecordState): ReadonlyMap<string, QueuedChange | LostChange> =>
  new Map<string, QueuedChange | LostChange>([
    ...queue.map((one) => [keyOf(one), one] as const),
    ...lost.map((one) => [`${keyOf(one)} lost`, one] as const),
  ])

const keyOf = ({ order, change }: QueuedChange | LostChange): string =>
  `${String(order).padStart(ORDER_DIGITS, '0')} ${change.id}`

const ORDER_DIGITS = 12

/** It may have been sent just before the app was closed, so it stays as it is. */
const asSent = (one: QueuedChange | LostChange): QueuedChange | LostChange =>
  one.phase === 'waiting' ? { change: one.change, order: one.order, phase: 'sent' } : one
