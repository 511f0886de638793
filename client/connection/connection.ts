/**
 * The connection to the server's sync door: a thin shell that carries out what `connection-state.ts` decides, over a
 * WebSocket, timers and randomness that it is given. Channels and changes outlive its sockets.
 */
import { decodeServerMessage, encodeClientMessage } from '../../shared/sync/codec.ts'
import type {
  ActionResult,
  ClientMessage,
  ServerMessage,
  ServerMessageOf,
} from '../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../shared/sync/messages.ts'
import { backOffMs } from './back-off.ts'
import { ChangeLine } from './change-line.ts'
import { ChannelSet } from './channel-set.ts'
import type {
  ConnectionAction,
  ConnectionEvent,
  ConnectionState,
  ConnectionTimes,
  TimerName,
} from './connection-state.ts'
import { connectionTimes, IDLE, transition } from './connection-state.ts'
import type {
  Channel,
  ChannelHolder,
  ChannelKind,
  ConnectionStatus,
  SyncConnection,
} from './sync-connection.ts'
import { ConnectionLost } from './sync-connection.ts'
import type { SocketConstructor, SocketLike } from './web-socket.ts'
import { openSocket } from './web-socket.ts'

export interface ConnectionParts {
  /** Of the sync door, such as `wss://sluice.example/sync`. */
  readonly url: string
  /** Asked for every socket, and before a token expires. Null where the server asks for none. */
  readonly token: () => Promise<string | null>
  /** The name that the user has given this device. */
  readonly device: string | null
  readonly WebSocket: SocketConstructor
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** @returns how to call it off. */
  readonly after: (ms: number, run: () => void) => () => void
  /** From 0 up to 1. */
  readonly random: () => number
  readonly times?: ConnectionTimes
}

type Acting = {
  readonly resolve: (result: ActionResult) => void
  readonly reject: (error: ConnectionLost) => void
}

export function createConnection(parts: ConnectionParts): SyncConnection {
  return new Connection(parts)
}

class Connection implements SyncConnection {
  readonly #parts: ConnectionParts
  readonly #times: ConnectionTimes
  readonly #listeners = new Set<(status: ConnectionStatus) => void>()
  readonly #timers = new Map<TimerName, () => void>()
  readonly #channels = new ChannelSet((message) => this.#sendOnline(message))
  readonly #changes = new ChangeLine((frame) => this.#sendFrame(frame))
  readonly #acting = new Map<number, Acting>()
  #state: ConnectionState = IDLE
  #status: ConnectionStatus = { name: 'idle' }
  #socket: SocketLike | null = null
  #welcome: ServerMessageOf<'welcome'> | null = null
  /** Counts the fetches of tokens: of an earlier one nothing is heard. */
  #fetches = 0
  #requests = 0
  #pings = 0
  #heardAt = 0
  #awaitsPong = false
  #retryAt = 0

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#times = parts.times ?? connectionTimes
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#happen({ type: 'start' })
  }

  stop(): void {
    this.#happen({ type: 'stop' })
  }

  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel {
    return this.#channels.open(holder)
  }

  submit(change: Parameters<SyncConnection['submit']>[0]): ReturnType<SyncConnection['submit']> {
    return this.#changes.submit(change)
  }

  act(...[conflictId, action]: Parameters<SyncConnection['act']>): Promise<ActionResult> {
    this.#requests += 1
    const request = this.#requests
    if (!this.#sendOnline({ type: 'act', request, conflictId, action }))
      return Promise.reject(new ConnectionLost('there is no connection'))
    return new Promise((resolve, reject) => {
      this.#acting.set(request, { resolve, reject })
    })
  }

  #happen(event: ConnectionEvent): void {
    const before = this.#state
    const { state, actions } = transition(before, event, this.#times)
    this.#state = state
    for (const action of actions) this.#carryOut(action)
    if (state.name === before.name) return
    if (before.name === 'open') this.#goOffline()
    this.#announce()
    if (state.name === 'open') this.#goOnline()
  }

  #carryOut(action: ConnectionAction): void {
    switch (action.type) {
      case 'fetch-token':
        return this.#fetchToken()
      case 'open-socket':
        return this.#openSocket(action.token)
      case 'say-hello':
        return this.#send({ type: 'hello', protocol: SYNC_PROTOCOL, device: this.#parts.device })
      case 'send-token':
        return this.#send({ type: 'token', token: action.token })
      case 'send-ping':
        this.#pings += 1
        this.#awaitsPong = true
        return this.#send({ type: 'ping', number: this.#pings })
      case 'drop-socket':
        return this.#dropSocket()
      case 'set-timer':
        return this.#setTimer(action.timer, action.ms)
      case 'back-off': {
        const ms = backOffMs(action.failures, this.#parts.random)
        this.#retryAt = this.#parts.now() + ms
        return this.#setTimer('retry', ms)
      }
      case 'clear-timers':
        for (const timer of action.timers) this.#clearTimer(timer)
    }
  }

  #goOnline(): void {
    if (this.#welcome === null) return
    // The channels first: then what a change makes of a record is told on its channel before the change is answered.
    this.#channels.openAll()
    this.#changes.window = this.#welcome.bounds
  }

  #goOffline(): void {
    this.#welcome = null
    this.#awaitsPong = false
    this.#changes.window = null
    const acting = [...this.#acting.values()]
    this.#acting.clear()
    for (const { reject } of acting) reject(new ConnectionLost('the connection went before the answer came'))
    this.#channels.lost()
  }

  #announce(): void {
    this.#status = this.#statusNow()
    for (const listener of [...this.#listeners]) listener(this.#status)
  }

  #statusNow(): ConnectionStatus {
    const state = this.#state
    switch (state.name) {
      case 'idle':
      case 'stopped':
        return state
      case 'waiting':
        return { name: 'offline', reason: state.reason, retryAt: this.#retryAt }
      case 'open':
        return this.#welcome === null ? { name: 'connecting' } : { name: 'online', welcome: this.#welcome }
      case 'fetching':
      case 'connecting':
      case 'greeting':
        return { name: 'connecting' }
    }
  }

  #fetchToken(): void {
    this.#fetches += 1
    const fetch = this.#fetches
    const told = (event: ConnectionEvent): void => {
      if (fetch === this.#fetches) this.#happen(event)
    }
    // One that throws at once is treated like one that fails later.
    Promise.resolve()
      .then(() => this.#parts.token())
      .then(
        (token) => told({ type: 'token', token }),
        (error: unknown) => told({ type: 'no-token', reason: `no token: ${String(error)}` }),
      )
  }

  #openSocket(token: string | null): void {
    const { url, WebSocket } = this.#parts
    let socket: SocketLike
    try {
      socket = openSocket(WebSocket, url, token)
    } catch (error) {
      // A browser refuses an address that is none, and one that is not secure from a page that is.
      return this.#happen({ type: 'gone', code: 1006, reason: String(error) })
    }
    const told = (event: ConnectionEvent): void => {
      if (this.#socket === socket) this.#happen(event)
    }
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => told({ type: 'opened' })
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }: { code: number; reason: unknown }) =>
      told({ type: 'gone', code, reason: String(reason) })
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (this.#socket === socket) this.#hear(data)
    }
  }

  #hear(data: unknown): void {
    this.#heardAt = this.#parts.now()
    if (this.#awaitsPong) {
      this.#awaitsPong = false
      this.#happen({ type: 'alive' })
    }
    let message: ServerMessage
    try {
      if (!(data instanceof ArrayBuffer)) throw new RangeError('a frame that is not binary')
      message = decodeServerMessage(new Uint8Array(data))
    } catch (error) {
      return this.#happen({
        type: 'garbled',
        reason: `the server's message cannot be read: ${String(error)}`,
      })
    }
    this.#receive(message)
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome = message
        return this.#happen({ type: 'welcomed', expiresInMs: message.expiresInMs })
      case 'renewed':
        return this.#happen({ type: 'renewed', expiresInMs: message.expiresInMs })
      case 'pong':
        return
      case 'changed':
        return this.#changes.receive(message.id, message.result)
      case 'acted': {
        const acting = this.#acting.get(message.request)
        this.#acting.delete(message.request)
        return acting?.resolve(message.result)
      }
      default:
        return this.#channels.receive(message)
    }
  }

  #sendOnline(message: ClientMessage): boolean {
    if (this.#state.name !== 'open') return false
    this.#send(message)
    return true
  }

  #send(message: ClientMessage): void {
    this.#sendFrame(encodeClientMessage(message))
  }

  #sendFrame(frame: Uint8Array): void {
    // A socket that is closing throws in some environments; that it has gone is told by its event.
    try {
      this.#socket?.send(frame as Uint8Array<ArrayBuffer>)
    } catch {}
  }

  #dropSocket(): void {
    const socket = this.#socket
    this.#socket = null
    this.#fetches += 1
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    try {
      socket.close(1000)
    } catch {}
  }

  #setTimer(timer: TimerName, ms: number): void {
    this.#clearTimer(timer)
    const callOff = this.#parts.after(ms, () => {
      this.#timers.delete(timer)
      this.#happen(
        timer === 'ping'
          ? { type: 'ping-due', quietMs: this.#parts.now() - this.#heardAt }
          : { type: 'due', timer },
      )
    })
    this.#timers.set(timer, callOff)
  }

  #clearTimer(timer: TimerName): void {
    this.#timers.get(timer)?.()
    this.#timers.delete(timer)
  }
}
