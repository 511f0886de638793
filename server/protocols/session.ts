/**
 * One WebSocket of one client: a thin wrapper that every WebSocket door uses, so that limits, heartbeats and
 * closing follow the same rules everywhere.
 */

import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import { errorTable, SluiceError } from '../../shared/errors/error-table.ts'
import type { DoorName, Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Actor } from '../auth/actor.ts'
import { binaryFrame } from './binary-frame.ts'

export interface SessionLimits {
  /** Bytes that may wait for a slow reader before his socket is closed. */
  readonly bufferedBytesMax: number
}

/** What a session has open of a record. */
export interface Place {
  readonly key: RecordKey
  readonly lane: 'fields' | 'text'
}

/** Of all sessions: what each of thousands kept until its next write would be garbage that has grown old. */
let latest: { readonly session: Session; readonly origin: Origin } | null = null

export class Session {
  readonly id: string
  readonly actor: Actor
  readonly door: DoorName
  /** ISO 8601. */
  readonly openedAt: string
  readonly #socket: WebSocket
  readonly #wire: Wire | null
  readonly #limits: SessionLimits
  readonly #now: () => string
  readonly #holds = new Set<Hold>()
  readonly #places = new Set<Place>()
  #isAlive = true
  /** Length of the one large message that is on its way, as a whole text is; 0 if none is. */
  #largeBytes = 0
  #endedWith: ErrorCode | 'closed' | null = null
  #inFlight = 0

  /** @param wire the connection below the WebSocket; null if there is none to write to. */
  constructor(
    socket: WebSocket,
    identity: { readonly id: string; readonly actor: Actor; readonly door: DoorName },
    limits: SessionLimits,
    now: () => string,
    wire: Wire | null = null,
  ) {
    this.#socket = socket
    this.#wire = wire
    this.id = identity.id
    this.actor = identity.actor
    this.door = identity.door
    this.#limits = limits
    this.#now = now
    this.openedAt = now()
  }

  /** The origin of a write that arrives now; writes that arrive one after the other in one instant share it. */
  origin(): Origin {
    const receivedAt = this.#now()
    if (latest?.session === this && latest.origin.receivedAt === receivedAt) return latest.origin
    const { subject, roles, device } = this.actor
    const { id: session, door } = this
    const origin = { subject, roles, session, door, device, metadata: {}, claimedAt: null, receivedAt }
    latest = { session: this, origin }
    return origin
  }

  /**
   * Follows a piece of work that a frame has started. A client that writes faster than the store commits is
   * not read from until the store has caught up, so that what waits is bounded and nothing is refused.
   */
  async follow<T>(work: Promise<T>): Promise<T> {
    this.#inFlight += 1
    if (this.#inFlight === IN_FLIGHT_MAX) this.hold('store')
    try {
      return await work
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === IN_FLIGHT_MAX / 2) this.release('store')
    }
  }

  /** Stops reading from the socket, until every reason to do so is gone. */
  hold(reason: Hold): void {
    if (this.isEnded) return
    this.#holds.add(reason)
    this.#socket.pause()
  }

  release(reason: Hold): void {
    if (this.#holds.delete(reason) && this.#holds.size === 0) this.#socket.resume()
  }

  /** Whatever has come from the client shows that he is there. */
  heard(): void {
    this.#isAlive = true
  }

  /** The server has closed the session: what still arrives on it is no longer looked at. */
  get isEnded(): boolean {
    return this.#endedWith !== null
  }

  /** Why the server has ended it; null if it has not, or said goodbye without a fault. */
  get fault(): ErrorCode | null {
    return this.#endedWith === 'closed' ? null : this.#endedWith
  }

  /** Says that the session has something of the record open. @returns a function that says that it has not any more. */
  enter(key: RecordKey, lane: Place['lane']): () => void {
    const place = { key, lane }
    this.#places.add(place)
    return () => this.#places.delete(place)
  }

  get places(): Iterable<Place> {
    return this.#places
  }

  /** Bytes that wait for the reader. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** So much waits for the reader already that what can be left out should be. */
  get isCongested(): boolean {
    return this.#socket.bufferedAmount > CONGESTED_BYTES_MIN
  }

  send(message: Uint8Array): void {
    if (this.#maySend()) this.#socket.send(message, this.#onSent(message))
  }

  /** Sends what others are sent, too: the same bytes, which stay as they are. */
  sendShared(message: Uint8Array): void {
    if (!this.#maySend()) return
    if (this.#wire === null) this.#socket.send(message, this.#onSent(message))
    else this.#wire.write(sharedFrame(message), this.#onSent(message))
  }

  /** Notes that a large message is on its way. */
  #onSent({ byteLength }: Uint8Array): (() => void) | undefined {
    if (byteLength <= CONGESTED_BYTES_MIN || this.#largeBytes > 0) return undefined
    this.#largeBytes = byteLength
    return () => {
      this.#largeBytes = 0
    }
  }

  /**
   * @returns false, and ends the session, if too much waits for its reader already. What he has asked for may be large:
   *   one large message takes its time, and counts what waits behind it.
   */
  #maySend(): boolean {
    if (!this.isOpen) return false
    if (this.#socket.bufferedAmount - this.#largeBytes <= this.#limits.bufferedBytesMax) return true
    this.refuse('too_many', 'reads too slowly')
    return false
  }

  /** Closes with the code of the error table. */
  fail(error: unknown): void {
    const known = error instanceof SluiceError ? error : new SluiceError('internal', 'unexpected error')
    this.#end(errorTable[known.code].close, `${known.code}: ${known.message}`, known.code)
  }

  /** Like `fail`, for a client that cannot be relied upon to answer. */
  refuse(code: ErrorCode, reason: string): void {
    this.#terminate(errorTable[code].close, `${code}: ${reason}`, code)
  }

  /** Says goodbye without waiting for an answer: a dead peer would never give one. */
  terminate(code: number, reason: string): void {
    this.#terminate(code, reason, 'closed')
  }

  #terminate(code: number, reason: string, why: ErrorCode | 'closed'): void {
    this.#end(code, reason, why)
    setTimeout(() => this.#socket.terminate(), TERMINATE_AFTER_MS).unref()
  }

  /** Reads again, or the answer to the close would never be seen. */
  #end(code: number, reason: string, why: ErrorCode | 'closed'): void {
    this.#endedWith ??= why
    this.#socket.close(code, Buffer.from(reason).subarray(0, CLOSE_REASON_BYTES_MAX).toString())
    if (this.#holds.size === 0) return
    this.#holds.clear()
    this.#socket.resume()
  }

  /** Called once per interval. @returns false, and ends the socket, if the last ping was not answered. */
  ping(): boolean {
    // His answers wait with all that is not read.
    if (!this.#isAlive && this.#holds.size === 0) {
      this.#socket.terminate()
      return false
    }
    this.#isAlive = false
    this.#socket.ping()
    return true
  }
}

/** Writes of one session that may wait for their commit before it is no longer read from. */
export const IN_FLIGHT_MAX = 256
const TERMINATE_AFTER_MS = 1_000
const CONGESTED_BYTES_MIN = 64 * 1024
/** A close frame holds 123; a character that is cut in two is told by three bytes instead of one or two. */
const CLOSE_REASON_BYTES_MAX = 121

/** Why a socket is not read from: its writes wait for the store, or what it has sent is not handed on yet. */
type Hold = 'store' | 'inflow'

/**
 * Without compression `ws` writes a frame whole and at once, so that others may be written in between; what waits for
 * the reader counts alike, whoever has written it.
 */
interface Wire {
  write(frame: Uint8Array, onSent: (() => void) | undefined): unknown
}

/** Messages that were framed; forgotten with the message. */
const sharedFrames = new WeakMap<Uint8Array, Uint8Array>()

function sharedFrame(message: Uint8Array): Uint8Array {
  const known = sharedFrames.get(message)
  if (known !== undefined) return known
  const frame = binaryFrame(message)
  sharedFrames.set(message, frame)
  return frame
}

/** A binary frame as bytes, whatever shape `ws` gives it. */
export function frameBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
