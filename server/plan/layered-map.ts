/**
 * A map that many versions of a record share: a key more in one of thousands costs no copy of it. What a version has changed
 * lies over what it came from, until that is so much that a copy pays. Keys come in the order in which a `Map` has them.
 */

/** So many changes over a map of `size` keys are carried from version to version; small ones are copied as they are. */
const changesMax = (size: number): number => Math.min(size, 64 + size / 32)

const GONE: unique symbol = Symbol('gone')
/** Never written to, since nobody owns it. */
const NO_CHANGES = new Map<never, never>()

type Some = NonNullable<unknown> | null

/** Not to be written to while somebody goes through it. Null is a value, undefined is none. */
export class LayeredMap<Key, Value extends Some> implements ReadonlyMap<Key, Value> {
  readonly #base: ReadonlyMap<Key, Value>
  #changes: Map<Key, Value | typeof GONE>
  /** Keys of the base that were deleted and have come back, behind all others. */
  #moved: Set<Key> | null
  #size: number
  /** Nobody else has these changes. */
  #isOwner: boolean

  private constructor(
    base: ReadonlyMap<Key, Value>,
    changes: Map<Key, Value | typeof GONE>,
    moved: Set<Key> | null,
    size: number,
    isOwner: boolean,
  ) {
    this.#base = base
    this.#changes = changes
    this.#moved = moved
    this.#size = size
    this.#isOwner = isOwner
  }

  static of<Key, Value extends Some>(entries: Iterable<readonly [Key, Value]> = []): LayeredMap<Key, Value> {
    const base = new Map(entries)
    return new LayeredMap(base, NO_CHANGES, null, base.size, false)
  }

  /** One that may be written to while this one stays as it is. */
  fork(): LayeredMap<Key, Value> {
    if (this.#changes.size > changesMax(this.#base.size)) return LayeredMap.of(this)
    this.#isOwner = false
    return new LayeredMap(this.#base, this.#changes, this.#moved, this.#size, false)
  }

  get size(): number {
    return this.#size
  }

  get(key: Key): Value | undefined {
    const changed = this.#changes.get(key)
    if (changed === GONE) return undefined
    return changed === undefined ? this.#base.get(key) : changed
  }

  has(key: Key): boolean {
    const changed = this.#changes.get(key)
    return changed === undefined ? this.#base.has(key) : changed !== GONE
  }

  set(key: Key, value: Value): void {
    this.#own()
    const changed = this.#changes.get(key)
    if (!this.has(key)) this.#size += 1
    if (changed === GONE) {
      this.#changes.delete(key)
      this.#moved ??= new Set()
      this.#moved.add(key)
    }
    this.#changes.set(key, value)
  }

  delete(key: Key): boolean {
    if (!this.has(key)) return false
    this.#own()
    this.#moved?.delete(key)
    if (this.#base.has(key)) this.#changes.set(key, GONE)
    else this.#changes.delete(key)
    this.#size -= 1
    return true
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#changes.size === 0 ? this.#base.entries() : this.#mergedEntries()
  }

  keys(): MapIterator<Key> {
    return this.#changes.size === 0 ? this.#base.keys() : this.#mergedKeys()
  }

  values(): MapIterator<Value> {
    return this.#changes.size === 0 ? this.#base.values() : this.#mergedValues()
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries()
  }

  forEach(visit: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }

  *#mergedEntries(): Generator<[Key, Value], undefined> {
    for (const [key, value] of this.#base) {
      const changed = this.#changes.get(key)
      if (changed === undefined) yield [key, value]
      else if (changed !== GONE && !this.#isBehind(key)) yield [key, changed]
    }
    for (const [key, value] of this.#changes) if (value !== GONE && this.#isBehind(key)) yield [key, value]
  }

  *#mergedKeys(): Generator<Key, undefined> {
    for (const [key] of this.#mergedEntries()) yield key
  }

  *#mergedValues(): Generator<Value, undefined> {
    for (const [, value] of this.#mergedEntries()) yield value
  }

  /** Of a key that was changed: it comes behind those of the base. */
  #isBehind(key: Key): boolean {
    return !this.#base.has(key) || this.#moved?.has(key) === true
  }

  #own(): void {
    if (this.#isOwner) return
    this.#changes = new Map(this.#changes)
    this.#moved = this.#moved === null ? null : new Set(this.#moved)
    this.#isOwner = true
  }
}
