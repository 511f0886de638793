/**
 * A token bucket: lets a burst through at once, and after that a steady rate. Pure: the clock is an argument, in
 * milliseconds, and one that goes back counts as one that stands still.
 */

export interface Rate {
  readonly perSecond: number
  /** What a bucket that has rested holds. */
  readonly burst: number
}

export const rateOf = (perSecond: number, burstSeconds: number): Rate => ({
  perSecond,
  burst: perSecond * burstSeconds,
})

export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #at: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#at = now
  }

  /**
   * @param cost more than the burst counts as the burst: it passes once the bucket is full, and leaves a debt.
   * @returns milliseconds until it may be taken; 0 if it may be now.
   */
  waitFor(cost: number, now: number): number {
    this.#refill(now)
    const missing = Math.min(cost, this.#rate.burst) - this.#tokens
    return missing <= 0 ? 0 : Math.ceil((missing / this.#rate.perSecond) * 1000)
  }

  /** To be called only if there is no wait for it. */
  take(cost: number, now: number): void {
    this.#refill(now)
    this.#tokens -= cost
  }

  isFull(now: number): boolean {
    return this.waitFor(this.#rate.burst, now) === 0
  }

  isHalfFull(now: number): boolean {
    return this.waitFor(this.#rate.burst / 2, now) === 0
  }

  #refill(now: number): void {
    const elapsed = now - this.#at
    if (elapsed <= 0) return
    this.#at = now
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsed / 1000) * this.#rate.perSecond)
  }
}
