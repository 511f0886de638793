/** The one listener: HTTP for REST and pages, WebSocket upgrades for the doors. It stops gracefully. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Settings } from '../settings.ts'
import { FOREIGN_REASON, isForeignRequest, originRulesOf } from './foreign.ts'
import { addressesBehind } from './limits/client-address.ts'
import { limitConnections } from './limits/limit-connections.ts'
import type { UpgradeParts } from './upgrades.ts'
import { Upgrades } from './upgrades.ts'

export interface ListenerParts extends Omit<UpgradeParts, 'addressOf'> {
  readonly settings: UpgradeParts['settings'] &
    Pick<Settings, 'host' | 'port' | 'trustedProxies' | 'connectionsPerAddressMax'>
  /** Asked first: what it does not answer is `fetch`'s. */
  readonly answerAtOnce: AnswerAtOnce
  readonly fetch: (request: Request, from: RequestOrigin) => Response | Promise<Response>
}

/** @returns false if it has not answered. */
type AnswerAtOnce = (request: IncomingMessage, response: ServerResponse, address: string) => boolean

export interface RequestOrigin {
  /** Where it comes from. */
  readonly address: string
}

export interface Listener {
  readonly url: string
  /** Takes no more connections and says goodbye to those there are. */
  stop(): Promise<void>
}

export async function listen(parts: ListenerParts): Promise<Listener> {
  const { settings } = parts
  const { isTrusted, addressOf } = addressesBehind(settings.trustedProxies ?? [])
  const upgrades = new Upgrades({ ...parts, addressOf })
  const originRules = originRulesOf(parts)
  const answer = getRequestListener((request, { incoming }) =>
    parts.fetch(request, { address: addressOf(incoming as IncomingMessage) }),
  )
  /** What a stop waits for: requests that end by themselves. */
  const underway = new Set<ServerResponse>()
  const http = createServer((request, response) => {
    if (isForeignRequest(originRules, request)) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(FOREIGN_REASON)
      return
    }
    if (!wantsEventStream(request)) {
      underway.add(response)
      response.on('close', () => underway.delete(response))
    }
    if (!parts.answerAtOnce(request, response, addressOf(request))) void answer(request, response)
  })
  limitConnections(http, settings.connectionsPerAddressMax, isTrusted)
  http.on('upgrade', (request, socket, head) => upgrades.handle(request, socket, head))

  await bind(http, settings.port, settings.host)
  const { port } = http.address() as AddressInfo
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  return {
    url: `http://${host}:${port}`,
    async stop() {
      upgrades.stop()
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeIdleConnections()
      // What is left then asks for nothing, or reads nothing: it would hold the stop for as long as it likes.
      const force = setInterval(() => {
        if (underway.size === 0) http.closeAllConnections()
      }, LAST_WORDS_MS)
      await closed
      clearInterval(force)
    },
  }
}

/** How long a client has to take the end of his answer when the server stops. */
const LAST_WORDS_MS = 500

const wantsEventStream = ({ headers }: IncomingMessage): boolean =>
  headers.accept?.includes('text/event-stream') === true

/**
 * Connections that the system takes while the event loop is at something else; it may allow fewer. Of a thousand clients
 * that come back at once those beyond Node's own 511 would be heard when they ask again, a second later.
 */
const BACKLOG = 4_096

function bind(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen({ port, host, backlog: BACKLOG }, () => {
      http.off('error', reject)
      resolve()
    })
  })
}
