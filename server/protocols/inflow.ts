/**
 * What comes in on one WebSocket, handed on in order and no faster than is allowed. Who sends faster is not read
 * from until he may go on: what he has sent waits in his own buffers, and nothing is lost. Who never lets up is
 * closed in the end.
 */
import type { FlowAllowance } from './limits/flow-allowance.ts'
import type { Session } from './session.ts'

export interface InflowParts {
  readonly session: Pick<Session, 'isEnded' | 'hold' | 'release' | 'refuse'>
  readonly allowance: FlowAllowance
  /** How long the sender may stay above what is allowed. Milliseconds. */
  readonly overrunMs: number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  readonly deliver: (frame: Uint8Array) => void
}

export class Inflow {
  readonly #parts: InflowParts
  /** Read already when reading stopped: one piece of what the socket had, so it is bounded. Null for a ping. */
  readonly #waiting: (Uint8Array | null)[] = []
  #timer: NodeJS.Timeout | null = null
  #aboveSince: number | null = null
  #onDrained: (() => void) | null = null

  constructor(parts: InflowParts) {
    this.#parts = parts
  }

  /** @param frame null for a ping or pong, which counts, since it is answered or looked at, and tells nothing. */
  receive(frame: Uint8Array | null): void {
    const { allowance, clock } = this.#parts
    if (this.#waiting.length === 0 && this.#aboveSince !== null && allowance.isRested(clock()))
      this.#aboveSince = null
    this.#waiting.push(frame)
    if (this.#timer === null) this.#drain()
  }

  /** The socket has gone: what came before is handed on still, then nothing more. */
  finish(onDrained: () => void): void {
    this.#onDrained = onDrained
    if (this.#timer === null || this.#parts.session.isEnded) this.#drain()
  }

  #drain(): void {
    const { session, allowance, clock, deliver } = this.#parts
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    let taken = 0
    for (const frame of this.#waiting) {
      if (session.isEnded) break
      const now = clock()
      const bytes = frame?.byteLength ?? 0
      const wait = allowance.waitFor(bytes, now)
      if (wait > 0 && this.#mayWait(now)) {
        this.#waiting.splice(0, taken)
        return this.#pause(wait)
      }
      if (session.isEnded) break
      allowance.take(bytes, now)
      taken += 1
      if (frame !== null) deliver(frame)
    }
    this.#waiting.length = 0
    session.release('rate')
    this.#onDrained?.()
    this.#onDrained = null
  }

  #pause(wait: number): void {
    this.#parts.session.hold('rate')
    this.#timer = setTimeout(() => this.#drain(), wait)
    this.#timer.unref()
  }

  /** @returns false, and ends the session, if it has been above for too long. */
  #mayWait(now: number): boolean {
    this.#aboveSince ??= now
    if (now - this.#aboveSince < this.#parts.overrunMs) return true
    this.#parts.session.refuse('too_many', 'more messages or bytes per second than are allowed, for too long')
    return false
  }
}
