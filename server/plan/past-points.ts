/**
 * What was in force at the earlier points at which changes were made lately: whoever brings all that he has written offline
 * goes on from the point where his last change stands, and not every one of them is to look through all that others have
 * written meanwhile.
 */
import type { LiveValues } from './live-values.ts'

/** They share most of what they hold with one another and with the present. */
const POINTS_MAX = 4

export class PastPoints {
  /** By heads, the one that was reached longest ago first. */
  readonly #points = new Map<string, LiveValues>()

  find(heads: readonly string[]): LiveValues | undefined {
    return this.#points.get(nameOf(heads))
  }

  /** Somebody has made a change at a point: that is where he is now. */
  move(from: readonly string[], to: readonly string[], values: LiveValues): void {
    this.#points.delete(nameOf(from))
    this.#points.set(nameOf(to), values)
    for (const oldest of this.#points.keys()) {
      if (this.#points.size <= POINTS_MAX) return
      this.#points.delete(oldest)
    }
  }
}

const nameOf = (heads: readonly string[]): string => [...heads].sort().join()
