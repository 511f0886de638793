/**
 * What comes in on one WebSocket, handed on in order, no faster than is allowed, and in turn with the others. Who sends
 * faster is not read from until he may go on: what he has sent waits in his own buffers, and nothing is lost. Who never
 * lets up is closed in the end.
 */
import type { FlowAllowance } from './limits/flow-allowance.ts'
import type { Rounds, Seat } from './rounds.ts'
import type { Session } from './session.ts'

export interface InflowParts {
  readonly session: Pick<Session, 'isEnded' | 'hold' | 'release' | 'refuse'>
  readonly allowance: FlowAllowance
  readonly rounds: Pick<Rounds, 'seat'>
  /** How long the sender may stay above what is allowed. Milliseconds. */
  readonly overrunMs: number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  readonly deliver: (frame: Uint8Array) => void
}

/**
 * Who sends faster than he may is heard so often at most: what he may send meanwhile is taken at once, and so joined into
 * one write where a door joins, while a look at every message by itself would cost a commit each. Milliseconds.
 */
const PAUSE_MIN_MS = 50

export class Inflow {
  readonly #parts: InflowParts
  readonly #seat: Seat
  /** Read already when reading stopped: one piece of what the socket had, so it is bounded. Null for a ping. */
  readonly #waiting: (Uint8Array | null)[] = []
  /** What it waits for before it hands on more: the time at which it may, or its next turn. */
  #pausedBy: NodeJS.Timeout | 'turn' | null = null
  #aboveSince: number | null = null
  #onDrained: (() => void) | null = null

  constructor(parts: InflowParts) {
    this.#parts = parts
    this.#seat = parts.rounds.seat(() => this.#drain())
  }

  /** @param frame null for a ping or pong, which counts, since it is answered or looked at, and tells nothing. */
  receive(frame: Uint8Array | null): void {
    const { allowance, clock } = this.#parts
    if (this.#waiting.length === 0 && this.#aboveSince !== null && allowance.isRested(clock()))
      this.#aboveSince = null
    this.#waiting.push(frame)
    if (this.#pausedBy === null) this.#drain()
  }

  /** The socket has gone: what came before is handed on still, then nothing more. */
  finish(onDrained: () => void): void {
    this.#onDrained = onDrained
    if (this.#pausedBy === null || this.#parts.session.isEnded) this.#drain()
  }

  #drain(): void {
    const { session, allowance, clock, deliver } = this.#parts
    if (typeof this.#pausedBy === 'object' && this.#pausedBy !== null) clearTimeout(this.#pausedBy)
    this.#pausedBy = null
    let taken = 0
    for (const frame of this.#waiting) {
      if (session.isEnded) break
      const now = clock()
      const bytes = frame?.byteLength ?? 0
      const wait = allowance.waitFor(bytes, now)
      if (wait > 0 && this.#mayWait(now)) return this.#pause(taken, this.#inTime(wait))
      if (session.isEnded) break
      if (!this.#seat.take(bytes)) return this.#pause(taken, 'turn')
      allowance.take(bytes, now)
      taken += 1
      if (frame !== null) deliver(frame)
    }
    this.#waiting.length = 0
    session.release('inflow')
    this.#onDrained?.()
    this.#onDrained = null
  }

  #pause(taken: number, by: NodeJS.Timeout | 'turn'): void {
    this.#waiting.splice(0, taken)
    this.#pausedBy = by
    this.#parts.session.hold('inflow')
  }

  #inTime(wait: number): NodeJS.Timeout {
    return setTimeout(() => this.#drain(), Math.max(wait, PAUSE_MIN_MS)).unref()
  }

  /** @returns false, and ends the session, if it has been above for too long. */
  #mayWait(now: number): boolean {
    this.#aboveSince ??= now
    if (now - this.#aboveSince < this.#parts.overrunMs) return true
    this.#parts.session.refuse('too_many', 'more messages or bytes per second than are allowed, for too long')
    return false
  }
}
