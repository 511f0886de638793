/**
 * Hears the sessions in rounds (W6): in one turn of the event loop each is listened to for a bounded share, and who has
 * more to say goes on in the next, after the others. A socket hands over what it has in one piece, which may be
 * thousands of messages; without rounds whoever comes behind it would wait for all of them.
 */

/** A session's place in the rounds. */
export interface Seat {
  /**
   * Takes a message of the session's share of this turn. @returns false if the share is used up: the session is called
   * in the next turn, once, and asks again.
   */
  take(bytes: number): boolean
}

/**
 * What one session may say in one turn: more than people who type say in a stall, which would make it longer. A message that
 * is larger takes a turn for itself.
 */
const FRAMES_MAX = 256
const BYTES_MAX = 64 * 1024
/** What each may say however long the turn has been: nobody has to wait for others to fall silent. */
const FRAMES_MIN = 16
/** How long a turn may be before no session gets more than that. Milliseconds. */
const SLICE_MS = 2

export interface RoundsOptions {
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Calls back when sockets and timers have had their turn. */
  readonly later: (next: () => void) => void
}

export class Rounds {
  readonly #options: RoundsOptions
  #turn = 0
  #isUnderway = false
  /** When the first message of the turn was taken. */
  #beganAt = 0
  /** Who has more to say, in the order in which they asked. */
  #asking: (() => void)[] = []

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  /** @param hear listens to the session again. */
  seat(hear: () => void): Seat {
    let turn = -1
    let frames = 0
    let bytes = 0
    return {
      take: (length) => {
        if (turn !== this.#turn) [turn, frames, bytes] = [this.#turn, 0, 0]
        this.#begin()
        const isOver = frames >= FRAMES_MIN && (frames === FRAMES_MAX || this.#isLong())
        if (isOver || (frames > 0 && bytes + length > BYTES_MAX)) {
          this.#asking.push(hear)
          return false
        }
        frames += 1
        bytes += length
        return true
      },
    }
  }

  /** A turn begins with the first message of it. */
  #begin(): void {
    if (this.#isUnderway) return
    this.#isUnderway = true
    this.#beganAt = this.#options.clock()
    this.#options.later(() => this.#next())
  }

  #isLong(): boolean {
    return this.#options.clock() - this.#beganAt >= SLICE_MS
  }

  #next(): void {
    this.#isUnderway = false
    this.#turn += 1
    const asking = this.#asking
    this.#asking = []
    for (const hear of asking) hear()
  }
}
