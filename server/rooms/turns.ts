/**
 * Shares the main thread out (W6): plans of all rooms are made one after the other, and after some milliseconds of
 * them sockets and timers have their turn. A group commit answers hundreds of rooms at once, which would otherwise all
 * plan what waits for them before anybody else is heard.
 */
export interface Turns {
  /**
   * Runs `work` when its turn has come: at once, if the others have left time for it. Rejects with what it throws. What
   * it waits for is no part of the turn.
   */
  run<T>(work: () => T | Promise<T>): Promise<T>
  /** Resolves when sockets and timers have had their turn, also for whoever is called by a socket. */
  pause(): Promise<void>
}

/** Of plans in one turn of the event loop. The last one may take longer. */
const SLICE_MS = 3
/** After so much in one turn sockets and timers come first, whatever waits. */
const LONG_MS = 5

export interface TurnsOptions {
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Calls back when this turn of the event loop is over, as `setImmediate` does: from what a socket brought, timers not yet. */
  readonly later: (next: () => void) => void
}

export function createTurns({ clock, later }: TurnsOptions): Turns {
  const waiting: (() => void)[] = []
  let spentMs = 0
  let isTurnOver = true

  function work(): void {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const began = clock()
      next()
      spentMs += clock() - began
      if (isTurnOver) {
        isTurnOver = false
        later(beginTurn)
      }
      if (spentMs >= SLICE_MS) return
    }
  }

  function beginTurn(): void {
    const wasLong = spentMs >= LONG_MS
    spentMs = 0
    if (wasLong && waiting.length > 0) return later(beginTurn)
    isTurnOver = true
    work()
  }

  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            resolve(task())
          } catch (error) {
            reject(error)
          }
        })
        if (spentMs < SLICE_MS && waiting.length === 1) work()
      }),
    pause: () => new Promise((resolve) => later(() => later(resolve))),
  }
}

/** Work that is done step by step, each in a turn: between two of them others have theirs. */
export async function inTurns<T>(steps: Iterator<void, T>, turns: Turns): Promise<T> {
  for (;;) {
    const step = await turns.run(() => steps.next())
    if (step.done === true) return step.value
  }
}

/** Everything at once: for simulations, in which time does not pass. */
export const directTurns: Turns = { run: async (task) => task(), pause: async () => undefined }
