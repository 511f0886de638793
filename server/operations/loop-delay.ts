/**
 * How late the event loop is (O1). It is looked at every so often, and what lies between two looks beyond that is delay:
 * each look wakes an idle server, and two monitors that looked 150 times a second took more of it than all else it did.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * A block that is shorter may pass unseen, one that is longer is told less by up to as much. Begins anew with each
 * question: what happens before the next look is not seen.
 */
const RESOLUTION_MS = 50
const NS_PER_MS = 1e6

export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#histogram.enable()
  }

  /** The longest since the last time that this was asked, in milliseconds. */
  takeMaxMs(): number {
    const maxMs = this.#histogram.max / NS_PER_MS
    this.#histogram.reset()
    return Math.max(0, maxMs - RESOLUTION_MS)
  }

  stop(): void {
    this.#histogram.disable()
  }
}
