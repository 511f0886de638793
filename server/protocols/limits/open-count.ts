/** Counts what is open at one time, per key: sockets or event streams, of a subject or of all. */

export class OpenCount {
  readonly #max: number
  readonly #open = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** @returns how to give the place back, which counts once; null if there is none left. */
  open(key: string): (() => void) | null {
    const count = this.#open.get(key) ?? 0
    if (count >= this.#max) return null
    this.#open.set(key, count + 1)
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      this.#close(key)
    }
  }

  #close(key: string): void {
    const count = this.#open.get(key) ?? 0
    if (count > 1) this.#open.set(key, count - 1)
    else this.#open.delete(key)
  }
}
