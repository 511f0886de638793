/** What a WebSocket may send: messages and bytes per second, of the session and of all that its subject has open. */
import { SubjectBuckets } from './subject-buckets.ts'
import type { Rate } from './token-bucket.ts'
import { TokenBucket } from './token-bucket.ts'

export interface FlowRates {
  readonly messages: Rate
  readonly bytes: Rate
}

/** A message costs one of its messages and its length of its bytes. */
class FlowBuckets {
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket

  constructor({ messages, bytes }: FlowRates, now: number) {
    this.#messages = new TokenBucket(messages, now)
    this.#bytes = new TokenBucket(bytes, now)
  }

  waitFor(bytes: number, now: number): number {
    return Math.max(this.#messages.waitFor(1, now), this.#bytes.waitFor(bytes, now))
  }

  take(bytes: number, now: number): void {
    this.#messages.take(1, now)
    this.#bytes.take(bytes, now)
  }

  isFull(now: number): boolean {
    return this.#messages.isFull(now) && this.#bytes.isFull(now)
  }

  isHalfFull(now: number): boolean {
    return this.#messages.isHalfFull(now) && this.#bytes.isHalfFull(now)
  }
}

/** Of one session. */
export interface FlowAllowance {
  /** @returns milliseconds until a message of this length may pass; 0 if it may now. */
  waitFor(bytes: number, now: number): number
  take(bytes: number, now: number): void
  /** Whether the sender has rested: what he sends from here on is a new burst. */
  isRested(now: number): boolean
}

export class FlowAllowances {
  readonly #session: FlowRates
  readonly #subjects: SubjectBuckets<FlowBuckets>

  constructor(session: FlowRates, subject: FlowRates) {
    this.#session = session
    this.#subjects = new SubjectBuckets((now) => new FlowBuckets(subject, now))
  }

  forSession(subject: string, startedAt: number): FlowAllowance {
    const own = new FlowBuckets(this.#session, startedAt)
    const shared = (now: number): FlowBuckets => this.#subjects.of(subject, now)
    return {
      waitFor: (bytes, now) => Math.max(own.waitFor(bytes, now), shared(now).waitFor(bytes, now)),
      take(bytes, now) {
        own.take(bytes, now)
        shared(now).take(bytes, now)
      },
      isRested: (now) => own.isHalfFull(now) && shared(now).isHalfFull(now),
    }
  }
}
