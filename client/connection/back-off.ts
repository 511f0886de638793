/**
 * How long to wait before the next attempt: a random time below a bound that doubles with every failure, so that the
 * clients of a server that restarts do not all come back at once.
 */

const FIRST_BOUND_MS = 500
const BOUND_MS_MAX = 30_000

/**
 * @param failures how many attempts have failed before.
 * @param random from 0 up to 1.
 */
export const backOffMs = (failures: number, random: () => number): number =>
  random() * Math.min(BOUND_MS_MAX, FIRST_BOUND_MS * 2 ** Math.min(failures, 30))
