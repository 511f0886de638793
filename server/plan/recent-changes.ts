/** The newest changes of a document as they came, so that nobody has to make them again for a peer. */

/** What is held at most; small changes are some hundred bytes. */
const BYTES_MAX = 64 * 1024
/** What holding one takes. */
const CHANGE_BYTES = 128

export class RecentChanges {
  /** By hash, the oldest first. */
  readonly #changes = new Map<string, Uint8Array>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  find(hash: string): Uint8Array | undefined {
    return this.#changes.get(hash)
  }

  keep(hash: string, change: Uint8Array): void {
    // Planned a second time.
    if (this.#changes.has(hash)) return
    this.#changes.set(hash, change)
    this.#bytes += change.byteLength + CHANGE_BYTES
    for (const [oldest, { byteLength }] of this.#changes) {
      if (this.#bytes <= BYTES_MAX) return
      this.#changes.delete(oldest)
      this.#bytes -= byteLength + CHANGE_BYTES
    }
  }
}
