/**
 * The values that compete under each key of a map: a value that many versions of a record share, so that a key more in a map of
 * thousands costs no copy of it. What a version has changed lies over what it came from, until that is so much that a copy pays.
 */
import type { LiveOp } from './live-values.ts'

type Ops = readonly LiveOp[]

/** So many changes over a map of `size` keys are carried from version to version. */
const changesMax = (size: number): number => 64 + size / 32

export class Slots {
  readonly #base: ReadonlyMap<string, Ops>
  /** Null where nothing is left. */
  readonly #changes: Map<string, Ops | null>

  constructor(base: ReadonlyMap<string, Ops> = new Map(), changes = new Map<string, Ops | null>()) {
    this.#base = base
    this.#changes = changes
  }

  /** One that may be written to while this one stays as it is. */
  fork(): Slots {
    return this.#changes.size > changesMax(this.#base.size)
      ? new Slots(new Map(this))
      : new Slots(this.#base, new Map(this.#changes))
  }

  get(key: string): Ops | undefined {
    const changed = this.#changes.get(key)
    return changed === undefined ? this.#base.get(key) : (changed ?? undefined)
  }

  set(key: string, ops: Ops): void {
    this.#changes.set(key, ops)
  }

  delete(key: string): void {
    this.#changes.set(key, null)
  }

  *[Symbol.iterator](): IterableIterator<[key: string, ops: Ops]> {
    for (const [key, ops] of this.#base) if (!this.#changes.has(key)) yield [key, ops]
    for (const [key, ops] of this.#changes) if (ops !== null) yield [key, ops]
  }
}
