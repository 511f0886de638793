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

export class Rounds {
  /** Calls back when sockets and timers have had their turn. */
  readonly #later: (next: () => void) => void
  #turn = 0
  #isUnderway = false
  /** Who has more to say, in the order in which they asked. */
  #asking: (() => void)[] = []

  constructor(later: (next: () => void) => void) {
    this.#later = later
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
        if (frames === FRAMES_MAX || (frames > 0 && bytes + length > BYTES_MAX)) {
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
    this.#later(() => this.#next())
  }

  #next(): void {
    this.#isUnderway = false
    this.#turn += 1
    const asking = this.#asking
    this.#asking = []
    for (const hear of asking) hear()
  }
}
