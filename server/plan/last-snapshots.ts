/** What a record leaves behind when it leaves memory, so that it need not be judged again when it comes back (S5). */
import type { CompartmentPlan, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'
import { encodeSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'

/** To judge an entry again costs some ten times as much as to have it in a snapshot. */
const TAIL_ENTRIES_MIN = 16

/** A plan of nothing but snapshots; null if they would not pay. @param at ISO 8601. */
export function planLastSnapshots(state: RecordState, at: string): Plan | null {
  const compartments = [...state.compartments.values()].map(
    (document): CompartmentPlan => ({
      compartment: document.compartment,
      documentId: document.documentId,
      expectedVersion: document.version,
      snapshot: lastSnapshot(document),
    }),
  )
  const snapshot = lastSnapshot(state)
  if (snapshot === null && compartments.every((one) => one.snapshot === null)) return null
  const { key, documentId, version } = state
  const blank = blankPlan({ key, documentId, lane: 'fields', expectedVersion: version, at })
  return { ...blank, compartments, snapshot }
}

const lastSnapshot = (state: RecordState): Uint8Array | null =>
  state.version - state.snapshot.version >= TAIL_ENTRIES_MIN ? encodeSnapshot(state) : null
