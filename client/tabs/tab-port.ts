/** What tabs need of their browser to share one store: who leads, who is still there, and a way to talk. */

export interface TabLocks {
  /**
   * Resolves when nobody else holds the lock; a tab that is closed holds none. @returns what lets go of it.
   * @throws if the signal is given before that, or if it was asked for in case that nobody holds it, and somebody does.
   */
  hold(name: string, options?: HoldOptions): Promise<() => void>
}

export interface HoldOptions {
  readonly signal?: AbortSignal
  /** Only if nobody holds it now. */
  readonly ifFree?: boolean
  /** Takes it from whoever holds it: from one who does not answer. */
  readonly steals?: boolean
  /** Called when another one has taken it. */
  readonly lost?: () => void
}

export interface TabBus {
  /** Reaches whoever listens at the address now, but for this tab itself, in the order of posting. */
  post(address: string, message: unknown): void
  /** @returns how to end it. */
  listen(address: string, hear: (message: unknown) => void): () => void
  close(): void
}
