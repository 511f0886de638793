/** The entries that came last, by name, as many as fit into so many bytes: a name stands for the same thing for good. */
export class NewestEntries<Entry> {
  readonly #bytesMax: number
  readonly #bytesOf: (entry: Entry) => number
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  /** @param bytesOf what holding an entry takes. */
  constructor(bytesMax: number, bytesOf: (entry: Entry) => number) {
    this.#bytesMax = bytesMax
    this.#bytesOf = bytesOf
  }

  get bytes(): number {
    return this.#bytes
  }

  find(name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  /** The newest, by name, as many as fit into so many bytes; the oldest of them first. */
  newest(bytesMax: number): readonly (readonly [name: string, entry: Entry])[] {
    const entries = [...this.#entries]
    let first = entries.length
    let bytes = 0
    for (const [, entry] of entries.toReversed()) {
      bytes += this.#bytesOf(entry)
      if (bytes > bytesMax) break
      first -= 1
    }
    return entries.slice(first)
  }

  keep(name: string, entry: Entry): void {
    // Planned a second time.
    if (this.#entries.has(name)) return
    this.#entries.set(name, entry)
    this.#bytes += this.#bytesOf(entry)
    for (const [oldest, dropped] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) return
      this.#entries.delete(oldest)
      this.#bytes -= this.#bytesOf(dropped)
    }
  }
}
