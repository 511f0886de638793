/**
 * Whom tokens have named that were verified a moment ago: who makes one request after the other is not verified anew for
 * each. A token that has expired meanwhile is forgotten; whether it was revoked is for others to ask. A key that is
 * withdrawn from a JWKS URL counts no longer within the time that a token is known, beside what the keys are kept for.
 */
import type { Actor } from '../../auth/actor.ts'

export interface Clocks {
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Now, in milliseconds since 1970. */
  readonly time: () => number
}

interface Known {
  readonly actor: Actor
  readonly at: number
}

const KNOWN_MS = 60_000
/** The oldest is dropped first. */
const KNOWN_MAX = 10_000

export class RecentTokens {
  readonly #clocks: Clocks
  readonly #known = new Map<string | null, Known>()

  constructor(clocks: Clocks) {
    this.#clocks = clocks
  }

  /** Null for a token that has to be verified. */
  find(token: string | null): Actor | null {
    const known = this.#known.get(token)
    if (known === undefined) return null
    const { actor, at } = known
    const isOver = actor.expiresAt !== null && actor.expiresAt <= this.#clocks.time()
    if (!isOver && this.#clocks.clock() < at + KNOWN_MS) return actor
    this.#known.delete(token)
    return null
  }

  verified(token: string | null, actor: Actor): void {
    this.#known.delete(token)
    this.#known.set(token, { actor, at: this.#clocks.clock() })
    if (this.#known.size <= KNOWN_MAX) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }

  refused(token: string | null): void {
    this.#known.delete(token)
  }
}
