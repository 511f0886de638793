// One connection between a replica and a server, with what is under way in either direction. Within a connection nothing
// is lost or overtaken, as TCP has it. A client that gives one up knows nothing of what arrives on it later: the server
// may read on for a while beside the next one, which is how messages come twice and in another order.
import type { WebSocket } from 'ws'
import type { Door, DoorConnection } from '../../../server/protocols/door.ts'
import { Session } from '../../../server/protocols/session.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'

export interface WireEnds {
  readonly door: Door
  readonly doorName: 'yjs' | 'automerge' | 'sync'
  readonly path: string
  readonly subject: string
  readonly session: string
  readonly now: () => string
}

export class Wire {
  readonly #toServer: Uint8Array[] = []
  readonly #toClient: Uint8Array[] = []
  readonly #connection: DoorConnection
  readonly #session: Session
  #isPaused = false
  #isServerGone = false
  /** Told to the client after what was sent before it. */
  #goodbye: string | null = null
  isClientGone = false
  isStalled = false

  constructor(ends: WireEnds) {
    const { subject, session: id, doorName: door } = ends
    const actor = { subject, tenant: 'default', roles: ['*'], device: null, expiresAt: null }
    this.#session = new Session(this.#socket(), { id, actor, door }, { bufferedBytesMax: 2 ** 24 }, ends.now)
    this.#connection = ends.door.connect(this.#session, ends.path, async () => null)
  }

  get hasNews(): boolean {
    return this.canReachServer || this.canReachClient
  }

  get canReachServer(): boolean {
    return !this.isStalled && !this.#isServerGone && !this.#isPaused && this.#toServer.length > 0
  }

  get canReachClient(): boolean {
    const isClosed = this.#goodbye !== null || this.#isServerGone
    return !this.isStalled && !this.isClientGone && (this.#toClient.length > 0 || isClosed)
  }

  send(frame: Uint8Array): void {
    this.#toServer.push(frame.slice())
  }

  /** The server reads one frame. */
  reachServer(): void {
    const frame = this.#toServer.shift()
    if (frame !== undefined) this.#connection.onFrame(frame)
  }

  /** @returns the frame that the client reads; null if the connection has ended. */
  reachClient(): Uint8Array | null {
    const frame = this.#toClient.shift()
    if (frame !== undefined) return frame
    this.isClientGone = true
    return null
  }

  /** Why the server has ended the session; null if it has not. */
  get goodbye(): string | null {
    return this.#goodbye
  }

  get isOver(): boolean {
    return this.#isServerGone && this.isClientGone
  }

  /** The server notices that the client is gone. */
  hangUp(): void {
    if (this.#isServerGone) return
    this.#isServerGone = true
    this.#connection.onClose()
  }

  /** The server ends the session, since its token has expired. */
  expire(): void {
    if (!this.#isServerGone) this.#session.fail(new SluiceError('unauthenticated', 'the token has expired'))
  }

  /** The server is gone, and does not notice anything any more. */
  crash(): void {
    this.#isServerGone = true
    this.#toServer.length = 0
  }

  /** As much of a socket as a session needs. */
  #socket(): WebSocket {
    const setPaused = (isPaused: boolean): void => {
      this.#isPaused = isPaused
    }
    const socket = {
      readyState: 1,
      bufferedAmount: 0,
      on: () => socket,
      pause: () => setPaused(true),
      resume: () => setPaused(false),
      ping: () => {},
      close: (code: number, reason: unknown) => {
        if (this.#isServerGone) return
        this.#goodbye ??= `${code} ${String(reason)}`
        this.#toServer.length = 0
        this.hangUp()
      },
      terminate: () => this.hangUp(),
      send: (frame: Uint8Array) => {
        if (!this.#isServerGone && !this.isClientGone) this.#toClient.push(frame.slice())
      },
    }
    return socket as unknown as WebSocket
  }
}
