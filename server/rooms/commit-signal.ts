/**
 * Tells, within this process, that a commit has become durable. It carries nothing: whoever is woken reads
 * the store, so nothing is queued for those who are slow.
 */
export class CommitSignal {
  readonly #wakes = new Set<() => void>()

  fire(): void {
    for (const wake of this.#wakes) wake()
  }

  /** @param wake is called after each commit; it must not throw. @returns a function that ends it. */
  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake)
    return () => this.#wakes.delete(wake)
  }

  /** How many wait to be woken, for measuring. */
  get subscribers(): number {
    return this.#wakes.size
  }
}
