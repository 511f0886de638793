/** What a revocation says, and the two ports that keep it and spread it. */

/** What is revoked: one token by its `jti`, or every token that a subject had been issued by then. */
export type RevocationKind = 'subject' | 'token'

export interface Revocation {
  readonly tenant: string
  readonly kind: RevocationKind
  /** The subject, or the token's `jti`. */
  readonly name: string
  /** ISO 8601. */
  readonly revokedAt: string
  /** Who has revoked it. */
  readonly revokedBy: string
  /** When no token that it concerns can be valid any more, ISO 8601; null if nobody knows. */
  readonly expiresAt: string | null
}

export type RevocationKey = Pick<Revocation, 'tenant' | 'kind' | 'name'>

/** Part of the storage port. */
export interface RevocationStore {
  /**
   * Keeps it durably, in the place of an earlier one of the same key, and drops those that had expired by then.
   * @throws SluiceError `store_unavailable`
   */
  keep(revocation: Revocation): Promise<void>
  /** In the order of their keys. */
  scan(after: RevocationKey | null, limit: number): Promise<readonly Revocation[]>
}

/** Tells every part that lets somebody in of a revocation that has been kept. */
export interface RevocationSignal {
  publish(revocation: Revocation): void
  /** @param listener must not throw. @returns a function that ends it. */
  subscribe(listener: (revocation: Revocation) => void): () => void
}
