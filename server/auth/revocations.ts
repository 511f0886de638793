/**
 * The revocations in force, in memory: asked at every authentication, so asking costs two look-ups. They are read
 * from the store at start, kept there before they count, and come in through the signal, one's own too.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor } from './actor.ts'
import type {
  Revocation,
  RevocationKey,
  RevocationKind,
  RevocationSignal,
  RevocationStore,
} from './revocation.ts'

export interface RevocationsParts {
  readonly store: RevocationStore
  readonly signal: RevocationSignal
  /** Now, ISO 8601. */
  readonly now: () => string
  /** How many may be in force at one time, all tenants together. */
  readonly max: number
  /** How long after its issue a token can be valid; null if that is not limited. Milliseconds. */
  readonly lifetimeMs: number | null
}

export interface RevocationRequest extends RevocationKey {
  readonly revokedBy: string
  /** ISO 8601; null for what the lifetime of tokens says, or never. */
  readonly expiresAt: string | null
}

interface Watcher {
  readonly actor: Actor
  readonly onRevoked: () => void
}

const PAGE = 1_000

export class Revocations {
  readonly #parts: RevocationsParts
  readonly #inForce = new Map<string, Revocation>()
  readonly #watchers = new Set<Watcher>()

  constructor(parts: RevocationsParts) {
    this.#parts = parts
    parts.signal.subscribe((revocation) => this.#receive(revocation))
  }

  /** Reads what is in force from the store. */
  async load(): Promise<void> {
    let after: RevocationKey | null = null
    for (;;) {
      const page: readonly Revocation[] = await this.#parts.store.scan(after, PAGE)
      for (const revocation of page) this.#add(revocation)
      after = page.at(-1) ?? null
      if (page.length < PAGE) return
    }
  }

  get size(): number {
    return this.#inForce.size
  }

  /** Of one tenant, the newest first. */
  list(tenant: string): readonly Revocation[] {
    return [...this.#inForce.values()]
      .filter((revocation) => revocation.tenant === tenant && !this.#hasExpired(revocation))
      .sort((one, other) => (one.revokedAt < other.revokedAt ? 1 : -1))
  }

  isRevoked({ tenant, subject, token }: Actor): boolean {
    if (token === undefined) return false
    if (token.id !== null && this.#find(tenant, 'token', token.id) !== undefined) return true
    const ofSubject = this.#find(tenant, 'subject', subject)
    if (ofSubject === undefined) return false
    // A token that does not say when it was issued cannot be shown to be newer.
    return token.issuedAt === null || token.issuedAt <= Date.parse(ofSubject.revokedAt)
  }

  /**
   * Ends the rights of what it names, for good: it counts once it is durable.
   * @throws SluiceError `too_many` or `store_unavailable`; then nothing has changed.
   */
  async revoke(request: RevocationRequest): Promise<Revocation> {
    const { store, signal, now, max } = this.#parts
    const isNew = !this.#inForce.has(keyOf(request))
    if (isNew && this.#inForce.size >= max) this.#dropExpired()
    if (isNew && this.#inForce.size >= max)
      throw new SluiceError('too_many', `more than ${max} revocations are in force`)
    const revokedAt = now()
    const revocation = { ...request, revokedAt, expiresAt: request.expiresAt ?? this.#expiryFrom(revokedAt) }
    await store.keep(revocation)
    signal.publish(revocation)
    return revocation
  }

  /**
   * Calls back once, at once if that is so already, when the actor's token is revoked.
   * @returns how to call it off.
   */
  watch(actor: Actor, onRevoked: () => void): () => void {
    // Where nobody is verified there is nothing to revoke.
    if (actor.token === undefined) return () => {}
    const watcher = { actor, onRevoked }
    this.#watchers.add(watcher)
    this.#tell(watcher)
    return () => this.#watchers.delete(watcher)
  }

  #receive(revocation: Revocation): void {
    this.#add(revocation)
    for (const watcher of this.#watchers) if (concerns(revocation, watcher.actor)) this.#tell(watcher)
  }

  #tell(watcher: Watcher): void {
    if (!this.isRevoked(watcher.actor)) return
    this.#watchers.delete(watcher)
    watcher.onRevoked()
  }

  #add(revocation: Revocation): void {
    if (!this.#hasExpired(revocation)) this.#inForce.set(keyOf(revocation), revocation)
  }

  #find(tenant: string, kind: RevocationKind, name: string): Revocation | undefined {
    const found = this.#inForce.get(keyOf({ tenant, kind, name }))
    return found === undefined || this.#hasExpired(found) ? undefined : found
  }

  #dropExpired(): void {
    for (const [key, revocation] of this.#inForce) if (this.#hasExpired(revocation)) this.#inForce.delete(key)
  }

  #hasExpired({ expiresAt }: Revocation): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= Date.parse(this.#parts.now())
  }

  #expiryFrom(revokedAt: string): string | null {
    const { lifetimeMs } = this.#parts
    return lifetimeMs === null ? null : new Date(Date.parse(revokedAt) + lifetimeMs).toISOString()
  }
}

const concerns = ({ tenant, kind, name }: Revocation, actor: Actor): boolean =>
  tenant === actor.tenant && name === (kind === 'subject' ? actor.subject : actor.token?.id)

const keyOf = ({ tenant, kind, name }: RevocationKey): string => JSON.stringify([tenant, kind, name])
