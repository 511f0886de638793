/** When a text lane deserves a new snapshot. */
import type { StoredTextLane } from '../storage/storage.ts'

/** What one more entry costs a cold open beyond its bytes, in bytes: 200 small entries fill the minimum. */
const ENTRY_COST_BYTES = 320

/** A tail that costs less is not worth a snapshot. */
const TAIL_COST_BYTES_MIN = 64 * 1024

/**
 * True when the tail costs more than the snapshot that it follows. A snapshot is at most as large as the one
 * before it and that tail together, so each entry pays for at most two bytes of rewriting for each byte of
 * its own cost: writing snapshots stays amortised O(1), however large the document grows.
 */
export function snapshotIsDue(lane: Pick<StoredTextLane, 'snapshot' | 'tail'>): boolean {
  const tailCost = lane.tail.reduce((cost, entry) => cost + entry.byteLength + ENTRY_COST_BYTES, 0)
  return tailCost > Math.max(TAIL_COST_BYTES_MIN, lane.snapshot?.bytes.byteLength ?? 0)
}
