/**
 * How often an address may fail to say who it is. Whoever has been let in with a token before gets in again,
 * whatever others do who share his address: a company, or all that a proxy stands for.
 */
import { createHash } from 'node:crypto'
import { SubjectBuckets } from './subject-buckets.ts'
import type { Rate } from './token-bucket.ts'
import { TokenBucket } from './token-bucket.ts'

/** Digests of tokens, the oldest dropped first. */
const KNOWN_MAX = 10_000

export class FailedAuthentications {
  readonly #addresses: SubjectBuckets<TokenBucket>
  readonly #clock: () => number
  readonly #known = new Set<string>()

  /** @param clock milliseconds that only go forward. */
  constructor(rate: Rate, clock: () => number) {
    this.#addresses = new SubjectBuckets((now) => new TokenBucket(rate, now))
    this.#clock = clock
  }

  /** Whether it is worth looking at a token from this address now. */
  mayTry(address: string, token: string | null): boolean {
    const now = this.#clock()
    if (this.#addresses.of(address, now).waitFor(1, now) === 0) return true
    return token !== null && this.#known.has(digestOf(token))
  }

  failed(address: string, token: string | null): void {
    const now = this.#clock()
    this.#addresses.of(address, now).take(1, now)
    if (token !== null) this.#known.delete(digestOf(token))
  }

  passed(token: string | null): void {
    if (token === null) return
    const digest = digestOf(token)
    if (this.#known.has(digest)) return
    this.#known.add(digest)
    const [oldest] = this.#known
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest)
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64')
