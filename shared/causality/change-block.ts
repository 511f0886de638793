/**
 * Changes of a history as bytes, in the order in which they were added, and read from the bytes as they are: nothing is
 * made of them before somebody asks for one. So a long history is there as soon as its bytes are, in some eighty bytes for
 * a change. The words are in the byte order of the machine: little
 * endian wherever Node runs but on s390x, to and from which a store cannot be moved.
 */
import type { PlacedChange } from './change-node.ts'
import { HASH_WORDS, hashAt, hashWords } from './hash-words.ts'

/** What a block needs to know of the history that it is a part of, to be written. */
export interface BlockContext {
  readonly numberOfActor: (actor: string) => number
  /** Place in the history of a change before the block; undefined for one that is not there. */
  readonly placeOf: (hash: string) => number | undefined
  /** Place in the history of the block's first change. */
  readonly from: number
}

const WORD_BYTES = 4

/** A row's words: the hash, and then these. */
const ACTOR = 8
const SEQ = 9
const START_OP = 10
const OP_COUNT = 11
/** Place in the history of the first dependency, and one; 0 if there is none. */
const FIRST_DEP = 12
/** Where more of it begins, and one: the other dependencies and what it has seen, each after their number; 0 for none. */
const MORE = 13
const STEPS = 14
const ROW_WORDS = 15

/** Words for an actor in a block: his number, the seq of his first change in it, and where his changes begin. */
const ACTOR_WORDS = 3
/** Words before the columns: numbers of changes, of words of more, and of actors; the fourth keeps the times aligned. */
const HEAD_WORDS = 4
const TIME_BYTES = 8
const PLACE_BYTES = 2

export class ChangeBlock {
  readonly bytes: Uint8Array
  readonly #count: number
  readonly #rows: Uint32Array
  readonly #times: Float64Array
  readonly #more: Uint32Array
  readonly #actors: Uint32Array
  /** Its changes in the order of their hashes. */
  readonly #byHash: Uint16Array
  /** Its changes by actor, in the order of their seqs. */
  readonly #byActor: Uint16Array

  /** @param bytes that `packBlock` has made. */
  constructor(bytes: Uint8Array) {
    // Wherever they lay, words begin where words may.
    this.bytes = bytes.byteOffset % TIME_BYTES === 0 ? bytes : new Uint8Array(bytes)
    const { buffer, byteOffset } = this.bytes
    const [count = 0, moreWords = 0, actors = 0] = new Uint32Array(buffer, byteOffset, HEAD_WORDS)
    this.#count = count
    let at = byteOffset + HEAD_WORDS * WORD_BYTES
    const next = (size: number): number => {
      const from = at
      at += size
      return from
    }
    this.#times = new Float64Array(buffer, next(count * TIME_BYTES), count)
    this.#rows = new Uint32Array(buffer, next(count * ROW_WORDS * WORD_BYTES), count * ROW_WORDS)
    this.#more = new Uint32Array(buffer, next(moreWords * WORD_BYTES), moreWords)
    this.#actors = new Uint32Array(buffer, next(actors * ACTOR_WORDS * WORD_BYTES), actors * ACTOR_WORDS)
    this.#byHash = new Uint16Array(buffer, next(count * PLACE_BYTES), count)
    this.#byActor = new Uint16Array(buffer, next(count * PLACE_BYTES), count)
  }

  /** Position in the block of the change with this hash; undefined if it is not here. */
  find(hash: Uint32Array): number | undefined {
    const [first = 0] = hash
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#word(this.#byHash[middle] ?? 0, 0) < first) low = middle + 1
      else high = middle
    }
    for (; low < this.#count; low++) {
      const position = this.#byHash[low] ?? 0
      if (this.#word(position, 0) !== first) return undefined
      if (hash.every((word, at) => word === this.#word(position, at))) return position
    }
    return undefined
  }

  /** Position in the block of an actor's change with this seq; undefined if it is not here. */
  ofActor(actor: number, seq: number): number | undefined {
    let low = 0
    let high = this.#actors.length / ACTOR_WORDS
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#actors[middle * ACTOR_WORDS] ?? 0) < actor) low = middle + 1
      else high = middle
    }
    const at = low * ACTOR_WORDS
    const firstSeq = this.#actors[at + 1] ?? 0
    const start = this.#actors[at + 2] ?? 0
    const end = this.#actors[at + ACTOR_WORDS + 2] ?? this.#count
    if (this.#actors[at] !== actor || seq < firstSeq || seq - firstSeq >= end - start) return undefined
    return this.#byActor[start + seq - firstSeq]
  }

  /** Its actors' numbers, each with the seq of his first change in it. */
  *actors(): Iterable<readonly [actor: number, firstSeq: number]> {
    for (let at = 0; at < this.#actors.length; at += ACTOR_WORDS)
      yield [this.#actors[at] ?? 0, this.#actors[at + 1] ?? 0]
  }

  hash(position: number): string {
    return hashAt(this.#rows, position * ROW_WORDS)
  }

  actor(position: number): number {
    return this.#word(position, ACTOR)
  }

  seq(position: number): number {
    return this.#word(position, SEQ)
  }

  /** Place in the history of the first dependency; -1 if there is none. */
  firstDep(position: number): number {
    return this.#word(position, FIRST_DEP) - 1
  }

  /** See `PlacedChange.steps`. */
  steps(position: number): number {
    return this.#word(position, STEPS)
  }

  /** Highest seq of an actor in what the change says itself that it has seen; 0 if it says nothing of him. */
  seen(position: number, actor: number): number {
    for (let at = this.#seenFrom(position), left = this.#countAt(at); left > 0; left--) {
      if (this.#more[at + 1] === actor) return this.#more[at + 2] ?? 0
      at += 2
    }
    return 0
  }

  /** All of it. */
  *allSeen(position: number): Iterable<readonly [actor: number, seq: number]> {
    for (let at = this.#seenFrom(position), left = this.#countAt(at); left > 0; left--) {
      yield [this.#more[at + 1] ?? 0, this.#more[at + 2] ?? 0]
      at += 2
    }
  }

  /** Places in the history of its other dependencies. */
  otherDeps(position: number): Iterable<number> {
    const at = this.#word(position, MORE) - 1
    return at < 0 ? [] : this.#more.subarray(at + 1, at + 1 + this.#countAt(at))
  }

  startOp(position: number): number {
    return this.#word(position, START_OP)
  }

  opCount(position: number): number {
    return this.#word(position, OP_COUNT)
  }

  time(position: number): number {
    return this.#times[position] ?? 0
  }

  #word(position: number, at: number): number {
    return this.#rows[position * ROW_WORDS + at] ?? 0
  }

  #seenFrom(position: number): number {
    const at = this.#word(position, MORE) - 1
    return at < 0 ? -1 : at + 1 + this.#countAt(at)
  }

  #countAt(at: number): number {
    return this.#more[at] ?? 0
  }
}

/**
 * @param changes as many as a block may have at most, each after those that it builds on.
 * @throws RangeError for a hash that is none, or a dependency that is neither among them nor before them.
 */
export function packBlock(changes: readonly PlacedChange[], context: BlockContext): Uint8Array {
  const count = changes.length
  const rows = new Uint32Array(count * ROW_WORDS)
  const more: number[] = []
  let last: readonly number[] = []
  let lastAt = 0
  const positions = new Map<string, number>()
  const placeOf = (hash: string): number => {
    const position = positions.get(hash)
    const place = position === undefined ? context.placeOf(hash) : context.from + position
    if (place === undefined) throw new RangeError(`unknown change ${hash}`)
    return place
  }
  for (const [position, change] of changes.entries()) {
    const { hash, actor, seq, startOp, opCount, steps, seen } = change
    const words = hashWords(hash)
    if (words === null) throw new RangeError(`${hash} is not the hash of a change`)
    const [first, ...others] = change.deps.map(placeOf)
    const own = [others.length, ...others, seen.size]
    for (const [other, known] of seen) own.push(context.numberOfActor(other), known)
    // What many in a row say is written once.
    if (own.length !== last.length || own.some((word, at) => word !== last[at])) {
      lastAt = more.length
      last = own
      more.push(...own)
    }
    rows.set(words, position * ROW_WORDS)
    rows.set(
      [
        context.numberOfActor(actor),
        seq,
        startOp,
        opCount,
        (first ?? -1) + 1,
        own.length > 2 ? lastAt + 1 : 0,
        steps,
      ],
      position * ROW_WORDS + HASH_WORDS,
    )
    positions.set(hash, position)
  }
  const byHash = changes.map((_, position) => position)
  const byActor = [...byHash]
  const word = (position: number, at: number): number => rows[position * ROW_WORDS + at] ?? 0
  byHash.sort((a, b) => word(a, 0) - word(b, 0))
  byActor.sort((a, b) => word(a, ACTOR) - word(b, ACTOR) || a - b)
  const actors = byActor.flatMap((position, start) => {
    const before = byActor[start - 1]
    const actor = word(position, ACTOR)
    return before !== undefined && word(before, ACTOR) === actor ? [] : [actor, word(position, SEQ), start]
  })
  return joined([
    Uint32Array.of(count, more.length, actors.length / ACTOR_WORDS, 0),
    Float64Array.from(changes, ({ time }) => time),
    rows,
    Uint32Array.from(more),
    Uint32Array.from(actors),
    Uint16Array.from(byHash),
    Uint16Array.from(byActor),
  ])
}

/** As long as a multiple of what has to be aligned, so that blocks can lie one behind the other. */
function joined(columns: readonly (Uint32Array | Float64Array | Uint16Array)[]): Uint8Array {
  const length = columns.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const bytes = new Uint8Array(Math.ceil(length / TIME_BYTES) * TIME_BYTES)
  let at = 0
  for (const { buffer, byteOffset, byteLength } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    at += byteLength
  }
  return bytes
}
