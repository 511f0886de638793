/** A map that holds so many bytes: what is kept longest without being asked for goes first. */

interface Kept<Value> {
  readonly value: Value
  readonly bytes: number
}

export class BoundedMap<Key, Value> {
  readonly #bytesMax: number
  readonly #kept = new Map<Key, Kept<Value>>()
  #bytes = 0

  /** @param bytesMax of all values together, as estimated by who puts them in. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  find(key: Key): Value | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept.value
  }

  /** One that would take a large part of the room is not kept: it would push out many for itself. */
  keep(key: Key, value: Value, bytes: number): void {
    this.drop(key)
    if (bytes > this.#bytesMax / 8) return
    this.#kept.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.drop(oldest)
    }
  }

  drop(key: Key): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#bytes -= kept.bytes
  }
}
