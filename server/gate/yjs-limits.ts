/** What one Yjs update may hold. Each bound is far above honest use: it stops bombs, not work. */
export interface YjsLimits {
  /** One bound for live updates and for the SyncStep2 after offline work; see `defaultYjsLimits`. */
  readonly updateBytesMax: number
  readonly structsMax: number
  readonly deleteRangesMax: number
  /** Of a root's or an element's name, of an attribute's or a format's key. */
  readonly nameBytesMax: number
  /** Types inside types: readers and the garbage collector walk them by recursion. */
  readonly typeDepthMax: number
  /** Levels in one attribute value, format value or embed. */
  readonly valueDepthMax: number
  /** List items that an update's items may have to pass to find their places, summed; see `OrderDraft`. */
  readonly orderStepsMax: number
  /** Structs that Yjs may have to move where the update cuts others apart or merges its own, summed. */
  readonly movedStructsMax: number
  /** Items that the update deletes, with all that stands in them. */
  readonly deletedItemsMax: number
}

/**
 * - Bytes: which kind of frame an update comes in is the sender's claim, and whoever is refused a large
 *   live update delivers the same bytes as a SyncStep2 when he reconnects. A lower bound for live updates
 *   would stop no attacker and would refuse a pasted image, so there is one, for the largest honest case.
 * - Structs and delete ranges: a SyncStep2 names every deletion that the client knows of, old ones included,
 *   and brings the whole document when the server has lost it. A paper of 260,000 keystrokes has 11,000 structs.
 * - Steps and moved structs: what Yjs does besides reading. Offline work at the same place as others' costs a
 *   step for each of their items; the bounds allow for a million, and for 10,000 cuts in a client's 100,000
 *   structs. At the bounds Yjs is busy for about a second. Beyond them an update is refused: that is loud
 *   and hits one client, while a hung process, or an order that nobody verified, hits all.
 */
export const defaultYjsLimits: YjsLimits = {
  updateBytesMax: 16 * 1024 * 1024,
  structsMax: 300_000,
  deleteRangesMax: 300_000,
  nameBytesMax: 1_024,
  typeDepthMax: 256,
  valueDepthMax: 128,
  orderStepsMax: 1_000_000,
  movedStructsMax: 1_000_000_000,
  deletedItemsMax: 1_000_000,
}

/**
 * What the main thread takes on itself: the gate and Yjs together are done with it in a few milliseconds, and
 * keystrokes are far below it. All else is tried in a thread first (W6).
 */
export const lightYjsLimits: Partial<YjsLimits> & { readonly updateBytesMax: number } = {
  updateBytesMax: 8 * 1024,
  orderStepsMax: 20_000,
  movedStructsMax: 2_000_000,
  deletedItemsMax: 2_000,
}
