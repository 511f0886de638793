/** The changes of a batch: in line to be vetted, or waiting for another one first. */
import type { ReadChunk } from './automerge-chunk.ts'

export interface Entry {
  /** Its index in the batch. */
  readonly index: number
  readonly read: ReadChunk
}

export class WaitingLine {
  readonly #line: Entry[]
  #at = 0
  readonly #waiting = new Map<string, Entry[]>()
  /** They wait for any change at all: their authors knew more than has arrived. */
  #waitingForMore: Entry[] = []
  #hasSettled = false

  constructor(entries: readonly Entry[]) {
    this.#line = [...entries]
  }

  get hasNext(): boolean {
    return this.#at < this.#line.length
  }

  next(): Entry | undefined {
    if (!this.hasNext && this.#hasSettled) {
      this.#line.push(...this.#waitingForMore)
      this.#waitingForMore = []
      this.#hasSettled = false
    }
    const entry = this.#line[this.#at]
    if (entry !== undefined) this.#at++
    return entry
  }

  /** Back to the head of the line. */
  putBack(entry: Entry): void {
    this.#line[--this.#at] = entry
  }

  wait(entry: Entry, missing: string | null): void {
    const waiting = missing === null ? this.#waitingForMore : this.#waiting.get(missing)
    if (waiting !== undefined) waiting.push(entry)
    else if (missing !== null) this.#waiting.set(missing, [entry])
  }

  /** Those that waited for this change get in line again, now that its fate is known. */
  settled(hash: string): void {
    this.#hasSettled = true
    this.#line.push(...(this.#waiting.get(hash) ?? []))
    this.#waiting.delete(hash)
  }

  left(): readonly Entry[] {
    const waiting = [...this.#waiting.values()].flat()
    return [...this.#line.slice(this.#at), ...this.#waitingForMore, ...waiting].sort(
      (a, b) => a.index - b.index,
    )
  }
}
