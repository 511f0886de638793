// How the clients of a load pass the time between two writes: sooner over when the load ends.
import { setTimeout as delay } from 'node:timers/promises'
import type { RestAnswer } from '../../support/rest-client.ts'
import { rest } from '../../support/rest-client.ts'
import { eventually } from '../eventually.ts'

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}

/** Resolves when the load ends. */
export async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

/** The answer of a server that may be gone: null if there is none. */
export const answered = <T>(asking: Promise<T>): Promise<T | null> => asking.catch(() => null)

/**
 * Asks what may be asked again, until there is an answer: a server that is held up closes idle connections while they are
 * used again.
 */
export const asked = (...request: Parameters<typeof rest>): Promise<RestAnswer> =>
  eventually(() => answered(rest(...request)), `an answer to ${request[1]} ${request[2]}`)
