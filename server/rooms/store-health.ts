/**
 * Whether the store takes writes (W5). Commits report here; doors ask before they accept a write, and
 * `/readyz` tells it to operators.
 */

export type StoreStatus =
  | { readonly state: 'ok' }
  | { readonly state: 'failing'; readonly reason: string; readonly since: string }

export class StoreHealth {
  #status: StoreStatus = { state: 'ok' }
  readonly #now: () => string
  readonly #onFatal: (reason: string) => void

  /** @param onFatal called when the store can no longer be trusted: the process must end (W5). */
  constructor(now: () => string, onFatal: (reason: string) => void) {
    this.#now = now
    this.#onFatal = onFatal
  }

  get status(): StoreStatus {
    return this.#status
  }

  succeeded(): void {
    if (this.#status.state === 'failing') this.#status = { state: 'ok' }
  }

  failed(reason: string, fatal: boolean): void {
    if (this.#status.state === 'ok') this.#status = { state: 'failing', reason, since: this.#now() }
    if (fatal) this.#onFatal(reason)
  }
}
