/** A timer for an instant however far away: the runtime's own ones fire at once beyond 25 days. */

const STEP_MS = 2 ** 30

/**
 * @param instant milliseconds since 1970; null never comes.
 * @param now ISO 8601.
 * @returns how to call it off.
 */
export function atInstant(instant: number | null, now: () => string, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const arm = (at: number): void => {
    const left = at - Date.parse(now())
    timer = setTimeout(() => (left > STEP_MS ? arm(at) : act()), Math.min(left, STEP_MS))
    timer.unref()
  }
  if (instant !== null) arm(instant)
  return () => clearTimeout(timer)
}
