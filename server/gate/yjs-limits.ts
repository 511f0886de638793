/** What one Yjs update may hold. Each bound is far above honest use: it stops bombs, not work. */
export interface YjsLimits {
  /** One bound for live updates and for the SyncStep2 after offline work; see `defaultYjsLimits`. */
  readonly updateBytesMax: number
  readonly structsMax: number
  readonly deleteRangesMax: number
  /** Of an attribute's or format's key and of an element's name. */
  readonly nameBytesMax: number
  /** Types inside types: readers and the garbage collector walk them by recursion. */
  readonly typeDepthMax: number
  /** Levels in one attribute value, format value or embed. */
  readonly valueDepthMax: number
  /** List items that one update's origins may make the gate walk past; see `SequenceDraft`. */
  readonly orderStepsMax: number
}

/**
 * - Bytes: which kind of frame an update comes in is the sender's claim, and whoever is refused a large
 *   live update delivers the same bytes as a SyncStep2 when he reconnects. A lower bound for live updates
 *   would stop no attacker and would refuse a pasted image, so there is one, for the largest honest case.
 * - Structs and delete ranges: a SyncStep2 names every deletion that the client knows of, old ones included,
 *   and brings a whole document when the server has lost it. The long documents that we measured have up to
 *   20,000 of each.
 * - Order steps: an honest update needs some only where its author wrote between two people's concurrent
 *   edits and a third has meanwhile written at the very same place. Beyond the bound an update is refused:
 *   that is loud and hits one client, while an unverified order would silently split all replicas.
 */
export const defaultYjsLimits: YjsLimits = {
  updateBytesMax: 16 * 1024 * 1024,
  structsMax: 500_000,
  deleteRangesMax: 500_000,
  nameBytesMax: 1_024,
  typeDepthMax: 256,
  valueDepthMax: 128,
  orderStepsMax: 1_000_000,
}
