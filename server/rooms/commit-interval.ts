/** How far apart the commits of a room are kept that many listen to: everybody is told of each. */

/** With 200 who listen that takes two of five milliseconds, and as much of those who read; with ten there is no waiting. */
const MS_PER_LISTENER = 0.025
const INTERVAL_MS_MAX = 100

/** @returns milliseconds from the beginning of one to that of the next. */
export const commitIntervalMs = (listeners: number): number =>
  Math.min(listeners * MS_PER_LISTENER, INTERVAL_MS_MAX)
