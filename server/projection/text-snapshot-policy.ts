/** When a text lane deserves a new snapshot. */

/** What one more entry costs a cold open beyond its bytes, in bytes: 200 small entries fill the minimum. */
const ENTRY_COST_BYTES = 320

/** A tail that costs less is not worth a snapshot. */
const TAIL_COST_BYTES_MIN = 64 * 1024

/** What entries of the journal cost a cold open, in bytes. */
export const tailCost = (entries: number, updates: readonly Uint8Array[]): number =>
  updates.reduce((cost, { byteLength }) => cost + byteLength, entries * ENTRY_COST_BYTES)

/**
 * True when the tail costs more than the snapshot that it follows. A snapshot is at most as large as the one
 * before it and that tail together, so each entry pays for at most two bytes of rewriting for each byte of
 * its own cost: writing snapshots stays amortised O(1), however large the document grows.
 */
export const snapshotIsDue = (cost: number, snapshotBytes: number): boolean =>
  cost > Math.max(TAIL_COST_BYTES_MIN, snapshotBytes)
