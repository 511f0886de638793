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
import { ActionLine } from './action-line.ts'
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
import { Timers } from './timers.ts'
import type { LiveSocket, SocketConstructor } from './web-socket.ts'
import { connectSocket } from './web-socket.ts'

export interface ConnectionParts {
  /** Of the sync door, such as `wss://sluice.example/sync/4`. */
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
  /** Where the device says whether it has a network. @returns how to end it. */
  readonly onNetwork?: (listener: (isBack: boolean) => void) => () => void
  readonly times?: ConnectionTimes
}

export function createConnection(parts: ConnectionParts): SyncConnection {
  return new Connection(parts)
}

class Connection implements SyncConnection {
  readonly #parts: ConnectionParts
  readonly #times: ConnectionTimes
  readonly #listeners = new Set<(status: ConnectionStatus) => void>()
  readonly #timers: Timers<TimerName>
  readonly #channels = new ChannelSet((message) => this.#sendOnline(message))
  readonly #changes = new ChangeLine((frame) => this.#sendFrame(frame))
  readonly #actions = new ActionLine((message) => this.#sendOnline(message))
  #state: ConnectionState = IDLE
  #status: ConnectionStatus = { name: 'idle' }
  #socket: LiveSocket | null = null
  #welcome: ServerMessageOf<'welcome'> | null = null
  /** Counts the fetches of tokens: of an earlier one nothing is heard. */
  #fetches = 0
  #pings = 0
  #heardAt = 0
  #awaitsPong = false
  #retryAt = 0
  #unlisten: (() => void) | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#times = parts.times ?? connectionTimes
    this.#timers = new Timers(parts.after, (timer) =>
      this.#happen(
        timer === 'ping'
          ? { type: 'ping-due', quietMs: parts.now() - this.#heardAt }
          : { type: 'due', timer },
      ),
    )
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#unlisten ??= this.#parts.onNetwork?.((isBack) => this.#happen({ type: 'network', isBack }))
    this.#happen({ type: 'start' })
  }

  stop(): void {
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#happen({ type: 'stop' })
  }

  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel {
    return this.#channels.open(holder)
  }

  submit(change: Parameters<SyncConnection['submit']>[0]): ReturnType<SyncConnection['submit']> {
    return this.#changes.submit(change)
  }

  act(...asked: Parameters<SyncConnection['act']>): Promise<ActionResult> {
    return this.#actions.act(...asked)
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
      case 'send-token':
        return this.#send({ type: 'token', token: action.token })
      case 'send-ping':
        this.#pings += 1
        this.#awaitsPong = true
        return this.#send({ type: 'ping', number: this.#pings })
      case 'drop-socket':
        return this.#dropSocket()
      case 'set-timer':
        return this.#timers.set(action.timer, action.ms)
      case 'back-off': {
        const ms = backOffMs(action.failures, this.#parts.random)
        this.#retryAt = this.#parts.now() + ms
        return this.#timers.set('retry', ms)
      }
      case 'clear-timers':
        for (const timer of action.timers) this.#timers.clear(timer)
    }
  }

  /** Before anybody hears that there is a connection: who does may send something at once, and this has to be the first. */
  #sayHello(): void {
    const { device } = this.#parts
    if (device !== null) this.#send({ type: 'hello', device })
  }

  #goOnline(): void {
    if (this.#welcome === null) return
    // The channels first: then what a change makes of a record is told on its channel before the change is answered.
    this.#channels.openAll()
    this.#changes.window = this.#welcome
  }

  #goOffline(): void {
    this.#welcome = null
    this.#awaitsPong = false
    this.#changes.window = null
    this.#actions.lost()
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
    this.#socket = connectSocket(WebSocket, url, token, {
      heard: (data) => this.#hear(data),
      gone: (code, reason) => this.#happen({ type: 'gone', code, reason }),
    })
  }

  #hear(data: unknown): void {
    this.#heardAt = this.#parts.now()
    if (this.#awaitsPong) {
      this.#awaitsPong = false
      this.#happen({ type: 'alive' })
    }
    let message: ServerMessage
    try {
      if (!(data instanceof ArrayBuffer)) throw new RangeError('not binary')
      message = decodeServerMessage(new Uint8Array(data))
    } catch (error) {
      return this.#happen({
        type: 'garbled',
        reason: `unreadable: ${String(error)}`,
      })
    }
    this.#receive(message)
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome = message
        this.#sayHello()
        return this.#happen({ type: 'welcomed', expiresInMs: message.expiresInMs })
      case 'renewed':
        return this.#happen({ type: 'renewed', expiresInMs: message.expiresInMs })
      case 'pong':
        return
      case 'changed':
        return this.#changes.receive(message.id, message.result)
      case 'acted':
        return this.#actions.receive(message.request, message.result)
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
    this.#socket?.send(frame)
  }

  #dropSocket(): void {
    this.#socket?.drop()
    this.#socket = null
    this.#fetches += 1
  }
}
