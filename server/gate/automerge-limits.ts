/** What one Automerge change, and one batch of them, may cost (W6). */

export interface AutomergeLimits {
  /** A change as it was received. */
  readonly changeBytesMax: number
  /** A deflated change once it is inflated. */
  readonly inflatedBytesMax: number
  readonly depsMax: number
  /** Operations of one change. A change of 64 bytes can hold a million. */
  readonly opsMax: number
  /** Operations overwritten by one change, over all of its operations. */
  readonly predsMax: number
  /** Operations of one batch; what is beyond it is left for the next. */
  readonly batchOpsMax: number
  /** How deep objects may nest below the root. */
  readonly depthMax: number
  /** Depths of the objects that one change writes to, summed: the library walks up from each. */
  readonly depthSumMax: number
  /**
   * Highest operation counter of a record. The library sets aside some 50 bytes per counter, used or not,
   * whenever it loads the record; near 2^25 it fails.
   */
  readonly lastOpMax: number
  /** Length of a change's message, in bytes of UTF-8. */
  readonly messageLengthMax: number
  /** Length of a map key, in bytes of UTF-8. */
  readonly keyLengthMax: number
  /** Length of a string value in UTF-8, or of a byte string, in bytes. */
  readonly stringLengthMax: number
}

export const defaultAutomergeLimits: AutomergeLimits = {
  changeBytesMax: 256 * 1024,
  inflatedBytesMax: 1024 * 1024,
  depsMax: 1_000,
  opsMax: 10_000,
  predsMax: 20_000,
  batchOpsMax: 100_000,
  depthMax: 32,
  depthSumMax: 20_000,
  lastOpMax: 2 ** 20,
  messageLengthMax: 4 * 1024,
  keyLengthMax: 256,
  stringLengthMax: 128 * 1024,
}
