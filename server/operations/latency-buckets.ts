/** Durations counted by size, in bounded memory: good enough to draw a line of percentiles. */

/** Upper bounds, in milliseconds; what is longer falls into one more. */
const BOUNDS_MS: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000,
]

export class LatencyBuckets {
  readonly #counts = new Uint32Array(BOUNDS_MS.length + 1)
  #count = 0
  #maxMs = 0

  add(ms: number): void {
    const bucket = BOUNDS_MS.findIndex((bound) => ms <= bound)
    const index = bucket < 0 ? BOUNDS_MS.length : bucket
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#count += 1
    this.#maxMs = Math.max(this.#maxMs, ms)
  }

  get count(): number {
    return this.#count
  }

  /** The longest, in milliseconds; null if there was none. */
  get maxMs(): number | null {
    return this.#count === 0 ? null : this.#maxMs
  }

  /** @param share 0.5 is the median. @returns milliseconds, interpolated within a bucket; null if there was none. */
  quantileMs(share: number): number | null {
    let left = share * this.#count
    if (left === 0) return null
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0 && left <= count) {
        const lower = BOUNDS_MS[index - 1] ?? 0
        const upper = Math.min(BOUNDS_MS[index] ?? this.#maxMs, this.#maxMs)
        return Math.max(lower, lower + ((upper - lower) * left) / count)
      }
      left -= count
    }
    return this.#maxMs
  }
}
