/** What one Yjs client has written in a text: its structs as bytes, in clock order and without holes. */
import * as Y from 'yjs'
import { ByteCursor } from '../gate/byte-cursor.ts'
import { skipStruct } from '../gate/skip-struct.ts'
import { encodedUints, joinBytes } from './update-parts.ts'

/** Structs that stand side by side in one update. */
interface Chunk {
  readonly clock: number
  readonly update: Uint8Array
  readonly start: number
  end: number
  count: number
}

/** To find a clock, so many structs are passed over at most. */
const STRUCTS_PER_CHUNK_MAX = 64

/** What comes in small pieces is copied together, in memory that is set aside in growing amounts. */
const COPIED_BYTES_MAX = 4 * 1024
const SET_ASIDE_BYTES_MIN = 256
const SET_ASIDE_BYTES_MAX = 16 * 1024

export class TextSection {
  readonly #chunks: Chunk[] = []
  #copies = new Uint8Array(0)
  #copied = 0
  /** The first clock that is not there yet. */
  next = 0

  /**
   * Takes in the struct that stands at some bytes of an update, or what is new of it.
   * @throws RangeError if it leaves a hole.
   */
  add(client: number, clock: number, length: number, update: Uint8Array, start: number, end: number): void {
    if (clock > this.next) throw new RangeError('an update that leaves a hole')
    if (clock + length <= this.next) return
    if (clock < this.next) {
      const rest = restOf(client, clock, update.subarray(start, end), this.next)
      this.#append(rest, 0, rest.byteLength)
    } else if (update.byteLength > COPIED_BYTES_MAX) this.#append(update, start, end)
    else {
      const at = this.#copy(update, start, end)
      this.#append(this.#copies, at, this.#copied)
    }
    this.next = clock + length
  }

  #append(update: Uint8Array, start: number, end: number): void {
    const last = this.#chunks.at(-1)
    if (last?.update === update && last.end === start && last.count < STRUCTS_PER_CHUNK_MAX) {
      last.end = end
      last.count += 1
    } else this.#chunks.push({ clock: this.next, update, start, end, count: 1 })
  }

  /** @returns where the copy stands. */
  #copy(update: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (this.#copied + length > this.#copies.byteLength) {
      const aside = Math.min(SET_ASIDE_BYTES_MAX, Math.max(SET_ASIDE_BYTES_MIN, this.#copies.byteLength * 2))
      this.#copies = new Uint8Array(Math.max(aside, length))
      this.#copied = 0
    }
    const at = this.#copied
    this.#copies.set(update.subarray(start, end), at)
    this.#copied += length
    return at
  }

  /** What comes from a clock on, as a section of an update; nothing if there is nothing. */
  from(client: number, clock: number): readonly Uint8Array[] {
    if (clock >= this.next) return []
    const index = this.#chunkAt(clock)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return []
    const first =
      clock <= chunk.clock ? { bytes: bytesOf(chunk), count: chunk.count } : cutChunk(client, chunk, clock)
    const rest = this.#chunks.slice(index + 1)
    const count = rest.reduce((sum, one) => sum + one.count, first.count)
    return [encodedUints([count, client, clock]), first.bytes, ...rest.map(bytesOf)]
  }

  #chunkAt(clock: number): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#chunks[middle]?.clock ?? 0) <= clock) low = middle
      else high = middle - 1
    }
    return low
  }
}

const bytesOf = ({ update, start, end }: Chunk): Uint8Array => update.subarray(start, end)

/** The part of a chunk from a clock within it on. */
function cutChunk(
  client: number,
  chunk: Chunk,
  clock: number,
): { readonly bytes: Uint8Array; readonly count: number } {
  const bytes = bytesOf(chunk)
  const cursor = new ByteCursor(bytes)
  let at = chunk.clock
  for (let count = chunk.count; count > 0; count--) {
    const start = cursor.at
    const end = at + skipStruct(cursor)
    if (end > clock) {
      if (at === clock) return { bytes: bytes.subarray(start), count }
      const cut = restOf(client, at, bytes.subarray(start, cursor.at), clock)
      return { bytes: joinBytes([cut, bytes.subarray(cursor.at)]), count }
    }
    at = end
  }
  throw new RangeError('a clock beyond the chunk')
}

/** What is left of a struct from a clock within it on. Yjs cuts it. */
function restOf(client: number, clock: number, struct: Uint8Array, from: number): Uint8Array {
  const whole = joinBytes([encodedUints([1, 1, client, clock]), struct, encodedUints([0])])
  const rest = Y.diffUpdate(whole, encodedUints([1, client, from]))
  return rest.subarray(encodedUints([1, 1, client, from]).byteLength, -1)
}
