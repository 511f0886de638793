/** Tells requests that a page from elsewhere has made a browser send. Other programs name no `Origin`, and pass. */
import type { IncomingMessage } from 'node:http'
import type { Authenticator } from '../auth/actor.ts'
import { isLoopback } from '../is-loopback.ts'
import type { Settings } from '../settings.ts'

export interface OriginRules {
  /** Nobody is verified. */
  readonly isOpen: boolean
  /** Pages from elsewhere that are welcome. */
  readonly origins: ReadonlySet<string>
}

type Headers = Pick<IncomingMessage, 'headers'>

export const FOREIGN_REASON = 'an open demo answers only to this machine: the Host or Origin is another one'

export const originRulesOf = (parts: {
  readonly authenticator: Authenticator
  readonly settings: Pick<Settings, 'origins'>
}): OriginRules => ({
  isOpen: parts.authenticator.isOpen,
  origins: new Set(parts.settings.origins),
})

/**
 * Without authentication, being on this machine is all that lets a client in; a page from elsewhere in a
 * browser on this machine must not profit from it, neither by a request of its own nor by DNS rebinding.
 */
export function isForeignRequest({ isOpen, origins }: OriginRules, { headers }: Headers): boolean {
  if (!isOpen) return false
  if (!isOnThisMachine(`http://${headers.host ?? ''}`)) return true
  const { origin } = headers
  return origin !== undefined && !origins.has(origin) && !isOnThisMachine(origin)
}

/**
 * A browser lets any page open a WebSocket to anywhere, so the server has to look: pages of the host that it was
 * called by may, and listed ones, and those of this machine in an open demo.
 */
export function isForeignPage({ isOpen, origins }: OriginRules, { headers }: Headers): boolean {
  const { origin, host = '' } = headers
  if (origin === undefined || origins.has(origin)) return false
  const page = absoluteUrl(origin)
  // The Host leaves out the usual port of a scheme that is known to the page alone: a proxy may speak it.
  if (page !== null && page.host === absoluteUrl(`${page.protocol}//${host}`)?.host) return false
  return !(isOpen && isOnThisMachine(origin))
}

/** What most requests name, told without taking it apart. */
const LOCAL = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::[1-5]?\d{1,4})?$/

/** The origin of a sandboxed page, `null`, is no address, and on no machine. */
const isOnThisMachine = (origin: string): boolean =>
  LOCAL.test(origin) || isLoopback(absoluteUrl(origin)?.hostname ?? '')

function absoluteUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
