/** Changes in blocks of bytes, in the order in which they were added: to have them costs the same however many there are. */
import { ChangeBlock, packBlock } from './change-block.ts'
import type { Ancestry, PlacedChange } from './change-node.ts'
import { raise, SEEN_NOTHING } from './change-node.ts'
import { hashWords } from './hash-words.ts'

/** A history as bytes. */
export interface PackedHistory {
  /** Each with the seq of his last change. */
  readonly actors: readonly (readonly [actor: string, lastSeq: number])[]
  readonly blocks: readonly Uint8Array[]
  readonly changes: number
}

/** To pack so many takes some two milliseconds; of a history of a million changes there are 500 blocks. */
export const BLOCK_CHANGES = 2_048

export class ChangeBlocks implements Ancestry {
  /** All but the last are full. What was given as bytes is read when somebody asks. */
  readonly #blocks: (ChangeBlock | Uint8Array)[]
  readonly #actors: string[]
  readonly #numbers: Map<string, number>
  /** By number. */
  readonly #lastSeqs: number[]
  #size: number
  /** The block in which a change was found last: who asks for one often asks for its neighbours. */
  #foundIn = 0
  /** Number of an actor → the blocks in which he has changes, with the seq of the first; made when it is asked for. */
  #blocksOf: Map<number, (readonly [firstSeq: number, block: number])[]> | null = null

  constructor({ actors, blocks, changes }: PackedHistory = { actors: [], blocks: [], changes: 0 }) {
    this.#blocks = [...blocks]
    this.#actors = actors.map(([actor]) => actor)
    this.#numbers = new Map(this.#actors.map((actor, number) => [actor, number]))
    this.#lastSeqs = actors.map(([, lastSeq]) => lastSeq)
    this.#size = changes
  }

  get size(): number {
    return this.#size
  }

  get actors(): readonly string[] {
    return this.#actors
  }

  /** Roughly what they take in memory, without what was given and nobody has asked for. */
  get bytes(): number {
    return this.#blocks.reduce(
      (sum, block) => sum + (block instanceof ChangeBlock ? block.bytes.byteLength : 0),
      0,
    )
  }

  has(hash: string): boolean {
    return this.#placeOf(hash) !== undefined
  }

  find(hash: string): PlacedChange | undefined {
    const place = this.#placeOf(hash)
    return place === undefined ? undefined : this.#at(place)
  }

  lastSeq(actor: string): number {
    return this.#lastSeqs[this.#numbers.get(actor) ?? -1] ?? 0
  }

  ofActor(actor: string, seq: number): PlacedChange | undefined {
    const place = this.#placeOfActor(actor, seq)
    return place === undefined ? undefined : this.#at(place)
  }

  withOp(counter: number, actor: string): PlacedChange | undefined {
    let low = 1
    let high = this.lastSeq(actor)
    while (low <= high) {
      const seq = (low + high) >> 1
      const place = this.#placeOfActor(actor, seq)
      if (place === undefined) return undefined
      const [block, position] = this.#positionOf(place)
      const startOp = block.startOp(position)
      if (counter < startOp) high = seq - 1
      else if (counter >= startOp + block.opCount(position)) low = seq + 1
      else return this.#at(place)
    }
    return undefined
  }

  seqSeenBy(hash: string, actor: string): number | undefined {
    const number = this.#numbers.get(actor) ?? -1
    for (let place = this.#placeOf(hash); place !== undefined; ) {
      const [block, position] = this.#positionOf(place)
      if (block.actor(position) === number) return block.seq(position)
      const seq = block.seen(position, number)
      if (seq > 0 || block.steps(position) === 0) return seq
      place = block.firstDep(position)
    }
    return undefined
  }

  raise(clock: Map<string, number>, hash: string): boolean {
    for (let place = this.#placeOf(hash); place !== undefined; ) {
      const [block, position] = this.#positionOf(place)
      raise(clock, this.#nameOf(block.actor(position)), block.seq(position))
      for (const [actor, seq] of block.allSeen(position)) raise(clock, this.#nameOf(actor), seq)
      if (block.steps(position) === 0) return true
      place = block.firstDep(position)
    }
    return false
  }

  *after(count: number): Iterable<PlacedChange> {
    for (let place = count; place < this.#size; place++) yield this.#at(place)
  }

  /** Adds no more than one block has, which are packed together with a last block that is not full. */
  append(changes: readonly PlacedChange[]): void {
    const from = this.#size - (this.#size % BLOCK_CHANGES)
    const bytes = packBlock([...this.after(from), ...changes], {
      from,
      numberOfActor: (actor) => this.#numberOf(actor),
      placeOf: (hash) => this.#placeOf(hash),
    })
    this.#blocks[from / BLOCK_CHANGES] = new ChangeBlock(bytes)
    this.#size += changes.length
    for (const { actor, seq } of changes) this.#lastSeqs[this.#numberOf(actor)] = seq
    this.#blocksOf = null
  }

  packed(): PackedHistory {
    return {
      actors: this.#actors.map((actor, number) => [actor, this.#lastSeqs[number] ?? 0]),
      blocks: this.#blocks.map((block) => (block instanceof ChangeBlock ? block.bytes : block)),
      changes: this.#size,
    }
  }

  #numberOf(actor: string): number {
    const known = this.#numbers.get(actor)
    if (known !== undefined) return known
    this.#numbers.set(actor, this.#actors.length)
    return this.#actors.push(actor) - 1
  }

  #block(index: number): ChangeBlock {
    const block = this.#blocks[index]
    if (block === undefined) throw new RangeError(`the history has no block ${index}`)
    if (block instanceof ChangeBlock) return block
    const read = new ChangeBlock(block)
    this.#blocks[index] = read
    return read
  }

  #placeOf(hash: string): number | undefined {
    const words = this.#blocks.length === 0 ? null : hashWords(hash)
    if (words === null) return undefined
    for (const index of this.#likeliestBlocks()) {
      const position = this.#block(index).find(words)
      if (position === undefined) continue
      this.#foundIn = index
      return index * BLOCK_CHANGES + position
    }
    return undefined
  }

  *#likeliestBlocks(): Iterable<number> {
    const known = this.#foundIn
    if (known < this.#blocks.length) yield known
    for (let index = this.#blocks.length - 1; index >= 0; index--) if (index !== known) yield index
  }

  #at(place: number): PlacedChange {
    const [block, position] = this.#positionOf(place)
    const first = block.firstDep(position)
    const deps = first < 0 ? [] : [first, ...block.otherDeps(position)]
    const seen = [...block.allSeen(position)].map(([actor, seq]) => [this.#nameOf(actor), seq] as const)
    return {
      hash: block.hash(position),
      actor: this.#nameOf(block.actor(position)),
      seq: block.seq(position),
      startOp: block.startOp(position),
      opCount: block.opCount(position),
      deps: deps.map((dep) => this.#hashAt(dep)),
      time: block.time(position),
      steps: block.steps(position),
      seen: seen.length === 0 ? SEEN_NOTHING : new Map(seen),
    }
  }

  #placeOfActor(actor: string, seq: number): number | undefined {
    const number = this.#numbers.get(actor)
    if (number === undefined || seq > (this.#lastSeqs[number] ?? 0)) return undefined
    const block = this.#blockOf(number, seq)
    if (block === undefined) return undefined
    const position = this.#block(block).ofActor(number, seq)
    return position === undefined ? undefined : block * BLOCK_CHANGES + position
  }

  #hashAt(place: number): string {
    const [block, position] = this.#positionOf(place)
    return block.hash(position)
  }

  #positionOf(place: number): readonly [block: ChangeBlock, position: number] {
    return [this.#block(Math.floor(place / BLOCK_CHANGES)), place % BLOCK_CHANGES]
  }

  #nameOf(number: number): string {
    const actor = this.#actors[number]
    if (actor === undefined) throw new RangeError(`the history has no actor ${number}`)
    return actor
  }

  /** The block that would have an actor's change with this seq: the last that does not begin behind it. */
  #blockOf(actor: number, seq: number): number | undefined {
    this.#blocksOf ??= this.#findBlocks()
    const blocks = this.#blocksOf.get(actor) ?? []
    let low = 0
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((blocks[middle]?.[0] ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return blocks[low - 1]?.[1]
  }

  #findBlocks(): Map<number, (readonly [number, number])[]> {
    const found = new Map<number, (readonly [number, number])[]>()
    for (let index = 0; index < this.#blocks.length; index++)
      for (const [actor, firstSeq] of this.#block(index).actors()) {
        const before = found.get(actor)
        if (before === undefined) found.set(actor, [[firstSeq, index]])
        else before.push([firstSeq, index])
      }
    return found
  }
}
