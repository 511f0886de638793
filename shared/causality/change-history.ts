/** The changes of a document, for ever: the newest as objects, all before them as bytes. */
import type { PackedHistory } from './change-blocks.ts'
import { BLOCK_CHANGES, ChangeBlocks } from './change-blocks.ts'
import { ChangeLayer } from './change-layer.ts'
import type { Ancestry, PlacedChange } from './change-node.ts'

/** What a change takes in memory as an object: observed. */
const OBJECT_BYTES = 600

export class ChangeHistory {
  readonly #blocks: ChangeBlocks
  readonly #newest: ChangeLayer

  constructor(packed?: PackedHistory) {
    this.#blocks = new ChangeBlocks(packed)
    this.#newest = new ChangeLayer(this.#blocks)
  }

  get changes(): Ancestry {
    return this.#newest
  }

  get actors(): Iterable<string> {
    return new Set([...this.#blocks.actors, ...this.#newest.actors])
  }

  /** Roughly what it takes in memory. */
  get bytes(): number {
    return this.#blocks.bytes + this.#newest.own.size * OBJECT_BYTES
  }

  append(change: PlacedChange): void {
    this.#newest.append(change)
    if ((this.#blocks.size % BLOCK_CHANGES) + this.#newest.own.size >= BLOCK_CHANGES) this.#pack()
  }

  packed(): PackedHistory {
    this.#pack()
    return this.#blocks.packed()
  }

  #pack(): void {
    if (this.#newest.own.size === 0) return
    this.#blocks.append([...this.#newest.own.values()])
    this.#newest.clear()
  }
}
