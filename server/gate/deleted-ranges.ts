/** What is deleted of a text: for each Yjs client, stretches of its clock in order and without overlaps. */
import { ByteSink } from './byte-sink.ts'
import type { DeleteRange } from './update-decoder.ts'

/** Two columns, since a long text has a hundred thousand stretches. */
interface Stretches {
  readonly starts: number[]
  readonly ends: number[]
}

export class DeletedRanges {
  readonly #clients = new Map<number, Stretches>()

  add(client: number, clock: number, length: number): void {
    let stretches = this.#clients.get(client)
    if (stretches === undefined) {
      stretches = { starts: [], ends: [] }
      this.#clients.set(client, stretches)
    }
    const { starts, ends } = stretches
    const last = ends.length - 1
    // Mostly they come in order.
    if (last < 0 || clock > (ends[last] ?? 0)) {
      starts.push(clock)
      ends.push(clock + length)
      return
    }
    // Of those that it touches: from the first that ends no earlier than it starts, up to the last that starts by its end.
    const first = firstFrom(ends, clock)
    let beyond = first
    while (beyond < starts.length && (starts[beyond] ?? 0) <= clock + length) beyond++
    const start = beyond > first ? Math.min(clock, starts[first] ?? clock) : clock
    const end = beyond > first ? Math.max(clock + length, ends[beyond - 1] ?? 0) : clock + length
    starts.splice(first, beyond - first, start)
    ends.splice(first, beyond - first, end)
  }

  /** Whether all of a range is deleted. */
  has(range: DeleteRange): boolean {
    const stretches = this.#clients.get(range.client)
    if (stretches === undefined) return false
    const index = firstFrom(stretches.ends, range.clock + range.length)
    return (stretches.starts[index] ?? Number.POSITIVE_INFINITY) <= range.clock
  }

  /** The end of an update, as Yjs writes it. */
  encoded(): Uint8Array {
    const sink = new ByteSink(ENCODED_BYTES)
    sink.uint(this.#clients.size)
    for (const [client, { starts, ends }] of [...this.#clients].sort(([a], [b]) => b - a)) {
      sink.uint(client)
      sink.uint(starts.length)
      for (const [index, start] of starts.entries()) {
        sink.uint(start)
        sink.uint((ends[index] ?? start) - start)
      }
    }
    return sink.bytes.slice()
  }
}

const ENCODED_BYTES = 64

/** Index of the first of ascending numbers that is no less than a bound. */
function firstFrom(ascending: readonly number[], bound: number): number {
  const last = ascending.at(-1)
  if (last === undefined || last < bound) return ascending.length
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
