/**
 * Tells, within this process, that a commit to a record has become durable. It carries no content: whoever is woken
 * reads the store, so nothing is queued for those who are slow.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'

export interface Committed {
  readonly key: RecordKey
  /** Whether it has opened or changed a conflict. */
  readonly changesInbox: boolean
}

export class CommitSignal {
  readonly #wakes = new Set<(committed: Committed) => void>()

  fire(committed: Committed): void {
    for (const wake of this.#wakes) wake(committed)
  }

  /** @param wake is called after each commit; it must not throw. @returns a function that ends it. */
  subscribe(wake: (committed: Committed) => void): () => void {
    this.#wakes.add(wake)
    return () => this.#wakes.delete(wake)
  }

  /** How many wait to be woken, for measuring. */
  get subscribers(): number {
    return this.#wakes.size
  }
}
