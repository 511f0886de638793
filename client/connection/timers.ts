/** Timers by name: setting one again puts it off. */
export class Timers<Name extends string> {
  readonly #after: (ms: number, run: () => void) => () => void
  readonly #ring: (timer: Name) => void
  readonly #running = new Map<Name, () => void>()

  /** @param after starts a timer. @returns how to call it off. */
  constructor(after: (ms: number, run: () => void) => () => void, ring: (timer: Name) => void) {
    this.#after = after
    this.#ring = ring
  }

  set(timer: Name, ms: number): void {
    this.clear(timer)
    const callOff = this.#after(ms, () => {
      this.#running.delete(timer)
      this.#ring(timer)
    })
    this.#running.set(timer, callOff)
  }

  clear(timer: Name): void {
    this.#running.get(timer)?.()
    this.#running.delete(timer)
  }
}
