/**
 * One WebSocket of one client: a thin wrapper that every WebSocket door uses, so that limits, heartbeats and
 * closing follow the same rules everywhere.
 */

import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import { errorTable, SluiceError } from '../../shared/errors/error-table.ts'
import type { DoorName, Origin } from '../../shared/record/origin.ts'
import type { Actor } from '../auth/actor.ts'

export interface SessionLimits {
  /** Bytes that may wait for a slow reader before his socket is closed. */
  readonly bufferedBytesMax: number
}

export class Session {
  readonly id: string
  readonly actor: Actor
  readonly door: DoorName
  readonly #socket: WebSocket
  readonly #limits: SessionLimits
  readonly #now: () => string
  #isAlive = true
  #inFlight = 0

  constructor(
    socket: WebSocket,
    identity: { readonly id: string; readonly actor: Actor; readonly door: DoorName },
    limits: SessionLimits,
    now: () => string,
  ) {
    this.#socket = socket
    this.id = identity.id
    this.actor = identity.actor
    this.door = identity.door
    this.#limits = limits
    this.#now = now
    socket.on('pong', () => {
      this.#isAlive = true
    })
  }

  /** The origin of a write that arrives now. */
  origin(): Origin {
    const { subject, device } = this.actor
    return {
      subject,
      session: this.id,
      door: this.door,
      device,
      metadata: {},
      claimedAt: null,
      receivedAt: this.#now(),
    }
  }

  /**
   * Follows a piece of work that a frame has started. A client that writes faster than the store commits is
   * not read from until the store has caught up, so that what waits is bounded and nothing is refused.
   */
  async follow<T>(work: Promise<T>): Promise<T> {
    this.#inFlight += 1
    if (this.#inFlight === IN_FLIGHT_MAX) this.#socket.pause()
    try {
      return await work
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === IN_FLIGHT_MAX / 2 && this.#socket.isPaused) this.#socket.resume()
    }
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytesMax)
      return this.terminate(errorTable.too_many.close, 'reads too slowly')
    this.#socket.send(frame)
  }

  /** Closes with the code of the error table; a reason of a close frame holds 123 bytes at most. */
  fail(error: unknown): void {
    const known = error instanceof SluiceError ? error : new SluiceError('internal', 'unexpected error')
    this.#socket.close(
      errorTable[known.code].close,
      Buffer.from(`${known.code}: ${known.message}`).subarray(0, 123).toString(),
    )
  }

  /** Says goodbye without waiting for an answer: a dead peer would never give one. */
  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason)
    setTimeout(() => this.#socket.terminate(), TERMINATE_AFTER_MS).unref()
  }

  /** Called once per interval. @returns false, and ends the socket, if the last ping was not answered. */
  ping(): boolean {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return false
    }
    this.#isAlive = false
    this.#socket.ping()
    return true
  }
}

/** Writes of one session that may wait for their commit before it is no longer read from. */
const IN_FLIGHT_MAX = 256
const TERMINATE_AFTER_MS = 1_000

/** A binary frame as bytes, whatever shape `ws` gives it. */
export function frameBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
