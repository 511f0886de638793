/** The `RevocationSignal` of a server that is one process: whoever subscribes is told before `publish` returns. */
import type { Revocation, RevocationSignal } from './revocation.ts'

export class LocalRevocationSignal implements RevocationSignal {
  readonly #listeners = new Set<(revocation: Revocation) => void>()

  publish(revocation: Revocation): void {
    for (const listener of this.#listeners) listener(revocation)
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
