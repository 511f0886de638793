/**
 * WebSocket upgrades, told apart by path. Refuses what is too much before it costs anything, authenticates, opens
 * a session for the rest and keeps the heartbeats.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { errorTable, SluiceError } from '../../shared/errors/error-table.ts'
import type { DoorName } from '../../shared/record/origin.ts'
import type { Actor, Authenticator } from '../auth/actor.ts'
import type { Measures } from '../measures.ts'
import type { Settings } from '../settings.ts'
import type { Door } from './door.ts'
import type { OriginRules } from './foreign.ts'
import { FOREIGN_REASON, isForeignPage, isForeignRequest, originRulesOf } from './foreign.ts'
import type { AddressOf } from './limits/client-address.ts'
import { FlowAllowances } from './limits/flow-allowance.ts'
import { OpenCount } from './limits/open-count.ts'
import { subjectKey } from './limits/subject-buckets.ts'
import { rateOf } from './limits/token-bucket.ts'
import type { Opening, OpenSessionParts } from './open-session.ts'
import { openSession } from './open-session.ts'
import { Rounds } from './rounds.ts'
import { Session } from './session.ts'
import type { SessionDirectory } from './session-directory.ts'

export interface UpgradeParts extends Omit<OpenSessionParts, 'settings' | 'allowances' | 'rounds'> {
  readonly settings: OpenSessionParts['settings'] &
    Pick<
      Settings,
      | 'frameBytesMax'
      | 'bufferedBytesMax'
      | 'sessionsMax'
      | 'sessionsPerSubjectMax'
      | 'sessionMessagesPerSecond'
      | 'sessionBytesPerSecond'
      | 'subjectMessagesPerSecond'
      | 'subjectBytesPerSecond'
      | 'burstSeconds'
      | 'pingIntervalMs'
      | 'origins'
    >
  readonly addressOf: AddressOf
  /** Path prefix, without slashes, → door. */
  readonly doors: ReadonlyMap<string, NamedDoor>
  readonly newId: () => string
  readonly sessions: SessionDirectory
  readonly measures: Pick<Measures, 'ended'>
}

export interface NamedDoor {
  readonly name: DoorName
  readonly door: Door
}

/** Of a socket that is refused: it has no name, and is closed before it can do anything. */
const NOBODY: Actor = { subject: '', tenant: '', roles: [], device: null, expiresAt: null }
const ALL = ''

/**
 * A busy machine hands over many pings at once, whose rate the session counts: who floods is told so (W8), and not cut off.
 * The types of the library do not know the option.
 */
const PONGS = { maxPendingAutoPongs: 4_096 }

export class Upgrades {
  readonly #parts: UpgradeParts
  readonly #originRules: OriginRules
  readonly #server: WebSocketServer
  readonly #allowances: FlowAllowances
  readonly #rounds: Rounds
  readonly #open: OpenCount
  readonly #openOfSubject: OpenCount
  readonly #heartbeat: NodeJS.Timeout

  constructor(parts: UpgradeParts) {
    const { settings } = parts
    this.#parts = parts
    this.#originRules = originRulesOf(parts)
    this.#server = new WebSocketServer({
      ...PONGS,
      noServer: true,
      maxPayload: settings.frameBytesMax,
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => offered.values().next().value ?? false,
    })
    this.#open = new OpenCount(settings.sessionsMax)
    this.#openOfSubject = new OpenCount(settings.sessionsPerSubjectMax)
    this.#allowances = allowancesOf(settings)
    this.#rounds = new Rounds({ clock: parts.clock, later: setImmediate })
    this.#heartbeat = setInterval(() => {
      for (const session of parts.sessions) session.ping()
    }, settings.pingIntervalMs)
    this.#heartbeat.unref()
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    this.#admit(request, socket, head).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'an upgrade could not be handled')
      socket.destroy()
    })
  }

  /** Says goodbye to everybody. */
  stop(): void {
    clearInterval(this.#heartbeat)
    for (const session of this.#parts.sessions)
      session.terminate(errorTable.shutting_down.close, 'the server is stopping')
    this.#server.close()
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { authenticator, addressOf, doors } = this.#parts
    const url = urlOf(request)
    if (url === null) return refuseUpgrade(socket, 400, 'the address is not valid')
    if (isForeignRequest(this.#originRules, request)) return refuseUpgrade(socket, 403, FOREIGN_REASON)
    if (isForeignPage(this.#originRules, request))
      return refuseUpgrade(
        socket,
        403,
        'pages of this Origin may not connect; SLUICE_ORIGINS lists those that may',
      )
    const [, prefix = '', ...segments] = url.pathname.split('/')
    const entry = doors.get(prefix)
    if (entry === undefined) return refuseUpgrade(socket, 404, `no WebSocket door at /${prefix}`)
    const leave = this.#open.open(ALL)
    if (leave === null) return refuseUpgrade(socket, 503, 'too many sockets are open')
    socket.once('close', leave)
    const address = addressOf(request)
    const admitted = await authenticate(authenticator, tokenOf(request, url), address)
    if (socket.destroyed) return
    if (admitted instanceof SluiceError && admitted.code === 'too_many')
      return refuseUpgrade(socket, 429, admitted.message)
    const leaveSubject =
      admitted instanceof SluiceError ? () => {} : this.#openOfSubject.open(subjectKey(admitted))
    if (leaveSubject === null) return refuseUpgrade(socket, 429, 'you have too many sockets open')
    let isOpen = false
    socket.once('close', () => {
      if (!isOpen) leaveSubject()
    })
    // What a door has to say at once goes out with the answer to the upgrade, in one piece.
    socket.cork()
    process.nextTick(() => socket.uncork())
    // Refusals of the token are told in a close frame: a browser cannot read the answer to a failed upgrade.
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true
      this.#connect(webSocket, socket, admitted, { entry, segments, address, onGone: leaveSubject })
    })
  }

  #connect(
    webSocket: WebSocket,
    wire: Duplex,
    admitted: Actor | SluiceError,
    opening: Omit<Opening, 'webSocket' | 'session'> & { readonly entry: NamedDoor },
  ): void {
    const parts = this.#parts
    const isRefused = admitted instanceof SluiceError
    const identity = { id: parts.newId(), actor: isRefused ? NOBODY : admitted, door: opening.entry.name }
    const session = new Session(webSocket, identity, parts.settings, parts.now, wire)
    const remove = parts.sessions.add(session)
    webSocket.on('close', () => {
      remove()
      if (session.fault !== null) parts.measures.ended(session.door, session.fault)
    })
    // Without a listener, an oversize frame would be an uncaught exception.
    webSocket.on('error', (error) => parts.log.debug({ err: error, session: session.id }, 'socket error'))
    if (isRefused) return session.refuse(admitted.code, admitted.message)
    openSession(
      { ...parts, allowances: this.#allowances, rounds: this.#rounds },
      { ...opening, webSocket, session },
    )
  }
}

const allowancesOf = (settings: UpgradeParts['settings']): FlowAllowances =>
  new FlowAllowances(
    {
      messages: rateOf(settings.sessionMessagesPerSecond, settings.burstSeconds),
      bytes: rateOf(settings.sessionBytesPerSecond, settings.burstSeconds),
    },
    {
      messages: rateOf(settings.subjectMessagesPerSecond, settings.burstSeconds),
      bytes: rateOf(settings.subjectBytesPerSecond, settings.burstSeconds),
    },
  )

/** @returns null for an address that is none. */
function urlOf({ url = '/' }: IncomingMessage): URL | null {
  try {
    return new URL(url, 'http://localhost')
  } catch {
    return null
  }
}

async function authenticate(
  authenticator: Authenticator,
  token: string | null,
  address: string,
): Promise<Actor | SluiceError> {
  try {
    return await authenticator.authenticate(token, address)
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

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  const retry = status === 429 || status === 503 ? 'Retry-After: 1\r\n' : ''
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\n${retry}Connection: close\r\n\r\n${reason}\n`,
  )
}
