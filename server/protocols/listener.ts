/**
 * The one listener: HTTP for REST and pages, WebSocket upgrades for the doors, told apart by path. It
 * authenticates upgrades, limits frames and sessions, keeps heartbeats and stops gracefully.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { errorTable, SluiceError } from '../../shared/errors/error-table.ts'
import type { DoorName } from '../../shared/record/origin.ts'
import type { Actor, Authenticator } from '../auth/actor.ts'
import { isLoopback } from '../is-loopback.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings.ts'
import type { Door } from './door.ts'
import { frameBytes, Session } from './session.ts'

export interface ListenerParts {
  readonly settings: Pick<
    Settings,
    'host' | 'port' | 'frameBytesMax' | 'bufferedBytesMax' | 'sessionsMax' | 'pingIntervalMs'
  >
  readonly authenticator: Authenticator
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** Path prefix, without slashes, → door. */
  readonly doors: ReadonlyMap<string, { readonly name: DoorName; readonly door: Door }>
  readonly log: Log
  readonly now: () => string
  readonly newId: () => string
}

export interface Listener {
  readonly url: string
  readonly sessions: number
  /** Takes no more connections and says goodbye to those there are. */
  stop(): Promise<void>
}

export async function listen(parts: ListenerParts): Promise<Listener> {
  const { settings } = parts
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.frameBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => offered.values().next().value ?? false,
  })
  const sessions = new Map<WebSocket, Session>()
  const answer = getRequestListener(parts.fetch)
  /** What a stop waits for: requests that end by themselves. */
  const underway = new Set<ServerResponse>()
  const http = createServer((request, response) => {
    if (isForeign(parts.authenticator, request)) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(FOREIGN_REASON)
      return
    }
    if (!wantsEventStream(request)) {
      underway.add(response)
      response.on('close', () => underway.delete(response))
    }
    void answer(request, response)
  })
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(parts, sockets, sessions, request, socket, head).catch((error: unknown) => {
      parts.log.error({ err: error }, 'an upgrade could not be handled')
      socket.destroy()
    })
  })
  const heartbeat = setInterval(() => {
    for (const session of sessions.values()) session.ping()
  }, settings.pingIntervalMs)
  heartbeat.unref()

  await bind(http, settings.port, settings.host)
  const { port } = http.address() as AddressInfo
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  return {
    url: `http://${host}:${port}`,
    get sessions() {
      return sessions.size
    },
    async stop() {
      clearInterval(heartbeat)
      for (const session of sessions.values())
        session.terminate(errorTable.shutting_down.close, 'the server is stopping')
      sockets.close()
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

const FOREIGN_REASON = 'an open demo answers only to this machine: the Host or Origin is another one'

/**
 * Without authentication, being on this machine is all that lets a client in; a page from elsewhere in a
 * browser on this machine must not profit from it, neither by a request of its own nor by DNS rebinding.
 */
function isForeign(authenticator: Authenticator, { headers }: IncomingMessage): boolean {
  if (!authenticator.isOpen) return false
  const hosts = [`http://${headers.host ?? ''}`, ...(headers.origin === undefined ? [] : [headers.origin])]
  return hosts.some((host) => !isLoopback(parseUrl(host)?.hostname ?? ''))
}

function parseUrl(url: string): URL | null {
  try {
    return new URL(url, 'http://localhost')
  } catch {
    return null
  }
}

function bind(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve()
    })
  })
}

async function upgrade(
  parts: ListenerParts,
  sockets: WebSocketServer,
  sessions: Map<WebSocket, Session>,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = parseUrl(request.url ?? '/')
  if (url === null) return refuseUpgrade(socket, 400, 'the address is not valid')
  if (isForeign(parts.authenticator, request)) return refuseUpgrade(socket, 403, FOREIGN_REASON)
  const [, prefix = '', ...segments] = url.pathname.split('/')
  const entry = parts.doors.get(prefix)
  if (entry === undefined) return refuseUpgrade(socket, 404, `no WebSocket door at /${prefix}`)
  const admitted = await authenticate(parts, request, url)
  if (socket.destroyed) return
  // Refusals are told in a close frame: a browser cannot read the answer to a failed upgrade.
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const actor = admitted instanceof SluiceError ? null : admitted
    open(parts, sessions, webSocket, entry, actor, admitted, segments)
  })
}

function open(
  parts: ListenerParts,
  sessions: Map<WebSocket, Session>,
  webSocket: WebSocket,
  entry: { readonly name: DoorName; readonly door: Door },
  actor: Actor | null,
  admitted: Actor | SluiceError,
  segments: readonly string[],
): void {
  const identity = {
    id: parts.newId(),
    actor: actor ?? { subject: '', tenant: '', roles: [], device: null },
    door: entry.name,
  }
  const session = new Session(webSocket, identity, parts.settings, parts.now)
  // Without a listener, an oversize frame would be an uncaught exception.
  webSocket.on('error', (error) => parts.log.debug({ err: error, session: session.id }, 'socket error'))
  if (admitted instanceof SluiceError) return session.fail(admitted)
  if (sessions.size >= parts.settings.sessionsMax)
    return session.fail(new SluiceError('too_many', 'too many sessions'))
  try {
    const connection = entry.door.connect(session, segments.map(decodeSegment).join('/'))
    sessions.set(webSocket, session)
    webSocket.on('message', (data, isBinary) => {
      try {
        if (!isBinary) throw new SluiceError('bad_frame', 'a text frame, where binary ones are spoken')
        connection.onFrame(frameBytes(data))
      } catch (error) {
        if (!(error instanceof SluiceError))
          parts.log.error({ err: error, session: session.id }, 'a frame could not be handled')
        session.fail(error)
      }
    })
    webSocket.on('close', () => {
      sessions.delete(webSocket)
      connection.onClose()
    })
  } catch (error) {
    session.fail(error)
  }
}

async function authenticate(
  parts: ListenerParts,
  request: IncomingMessage,
  url: URL,
): Promise<Actor | SluiceError> {
  try {
    return await parts.authenticator.authenticate(tokenOf(request, url))
  } catch (error) {
    return error instanceof SluiceError
      ? error
      : new SluiceError('internal', 'the token could not be checked')
  }
}

/** `?token=`, `Authorization: Bearer …`, or the WebSocket subprotocol, which is all that a browser can set. */
function tokenOf(request: IncomingMessage, url: URL): string | null {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return (
    url.searchParams.get('token') ??
    bearer ??
    request.headers['sec-websocket-protocol']?.split(',')[0]?.trim() ??
    null
  )
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new SluiceError('bad_request', 'the path is not valid percent-encoding')
  }
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${reason}\n`)
}
