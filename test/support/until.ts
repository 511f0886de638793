// Waits for something that other processes bring about.

/**
 * How late what the server promises within a second may be seen by a test. The machine may be doing much else, and
 * without the promise it would not come at all.
 */
export const LATE_MS_MAX = 4_000

/** Resolves with the first answer that is neither false, null nor undefined. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string,
  timeoutMs = 60_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== false && found !== null && found !== undefined) return found as NonNullable<T>
      last = found
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline)
      throw new Error(`${what} did not happen within ${timeoutMs} ms; last seen: ${String(last)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
