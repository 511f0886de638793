/** How many requests each subject may make, whoever answers them. */
import type { Actor } from '../../auth/actor.ts'
import { SubjectBuckets, subjectKey } from './subject-buckets.ts'
import type { Rate } from './token-bucket.ts'
import { TokenBucket } from './token-bucket.ts'

export class RequestAllowance {
  readonly rate: Rate
  readonly #clock: () => number
  readonly #buckets: SubjectBuckets<TokenBucket>

  /** @param clock milliseconds that only go forward. */
  constructor(rate: Rate, clock: () => number) {
    this.rate = rate
    this.#clock = clock
    this.#buckets = new SubjectBuckets((now) => new TokenBucket(rate, now))
  }

  /** Counts a request. @returns milliseconds to wait; then it was not counted, and is to be refused. */
  take(actor: Actor): number {
    const now = this.#clock()
    const bucket = this.#buckets.of(subjectKey(actor), now)
    const wait = bucket.waitFor(1, now)
    if (wait === 0) bucket.take(1, now)
    return wait
  }
}
