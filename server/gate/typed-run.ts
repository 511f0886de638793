/**
 * Joins what one person has typed and erased, keystroke by keystroke, into one update, so that the gate, Yjs and the
 * journal deal with it once. Only updates of the simplest forms are taken: one stretch of text, erasures of one client,
 * or both. The bytes are not believed: they are copied, and the joined update is vetted like any other.
 */
import * as encoding from 'lib0/encoding'
import type { Keystroke, TypedText } from './read-keystroke.ts'
import { readKeystroke } from './read-keystroke.ts'
import type { DeleteRange } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

/** Text that continues where it stands. */
interface Stretch {
  readonly first: TypedText
  readonly utf8: number[]
}

/** Far below what is light, so that joining makes no update heavy. */
const BYTES_MAX = 4 * 1024
const STRETCHES_MAX = 64
const ERASED_MAX = 256

/**
 * Updates of one session, in order. A run may be open for as long as its author is, so it keeps letters and ranges; of the
 * updates only the first of each stretch, which tells where it stands.
 */
export class TypedRun {
  /** What was taken in first, while it is alone. */
  #only: Uint8Array | null = null
  #count = 0
  readonly #stretches: Stretch[] = []
  readonly #erased: DeleteRange[] = []
  #next = 0
  #bytes = 0

  /** How many updates are joined. */
  get count(): number {
    return this.#count
  }

  /** @returns false if the update is of another form, or does not continue this run. */
  add(update: Uint8Array): boolean {
    if (this.#bytes + update.byteLength > BYTES_MAX) return false
    const keystroke = readKeystroke(update)
    if (keystroke === null || !this.#fits(keystroke)) return false
    const { text, erased } = keystroke
    if (text !== null) this.#write(text)
    if (erased !== null) this.#erase(erased)
    this.#only = this.#count === 0 ? update : null
    this.#count += 1
    this.#bytes += update.byteLength
    return true
  }

  #fits({ text, erased }: Keystroke): boolean {
    if (erased !== null && this.#erased.length === ERASED_MAX) return false
    if (text === null) return true
    if (this.#stretches.length === STRETCHES_MAX) return false
    const client = this.#stretches[0]?.first.client ?? text.client
    return text.client === client && (this.#stretches.length === 0 || text.clock === this.#next)
  }

  #write(text: TypedText): void {
    const last = this.#stretches.at(-1)
    this.#next = text.clock + text.length
    if (last !== undefined && continues(last.first, text)) return append(last, text)
    const stretch = { first: text, utf8: [] }
    this.#stretches.push(stretch)
    append(stretch, text)
  }

  /** Whoever holds a key down erases one character after the other, forwards or backwards. */
  #erase(range: DeleteRange): void {
    const last = this.#erased.at(-1)
    if (last !== undefined && last.client === range.client) {
      const joined = { client: range.client, clock: last.clock, length: last.length + range.length }
      if (endOf(last) === range.clock) this.#erased[this.#erased.length - 1] = joined
      else if (endOf(range) === last.clock)
        this.#erased[this.#erased.length - 1] = { ...joined, clock: range.clock }
      else this.#erased.push(range)
    } else this.#erased.push(range)
  }

  /** One update that does what all of them do. */
  joined(): Uint8Array {
    if (this.#only !== null) return this.#only
    return encoding.encode((encoder) => {
      writeStretches(encoder, this.#stretches)
      writeErased(encoder, this.#erased)
    })
  }
}

function append({ utf8 }: Stretch, { update, utf8At, utf8End }: TypedText): void {
  for (let at = utf8At; at < utf8End; at++) utf8.push(update[at] ?? 0)
}

/** Whether a text was typed right behind another. */
function continues(before: TypedText, text: TypedText): boolean {
  return (
    text.leftClient === text.client &&
    text.leftClock === text.clock - 1 &&
    text.rightClient === before.rightClient &&
    text.rightClock === before.rightClock
  )
}

function writeStretches(encoder: encoding.Encoder, stretches: readonly Stretch[]): void {
  const first = stretches[0]?.first
  encoding.writeVarUint(encoder, first === undefined ? 0 : 1)
  if (first === undefined) return
  encoding.writeVarUint(encoder, stretches.length)
  encoding.writeVarUint(encoder, first.client)
  encoding.writeVarUint(encoder, first.clock)
  for (const { first: text, utf8 } of stretches) {
    encoding.writeUint8Array(encoder, text.update.subarray(text.placeAt, text.placeEnd))
    encoding.writeVarUint8Array(encoder, Uint8Array.from(utf8))
  }
}

/** In order and without overlaps, as the gate wants them. */
function writeErased(encoder: encoding.Encoder, erased: readonly DeleteRange[]): void {
  const byClient = new Map<number, DeleteRange[]>()
  for (const range of [...erased].sort((a, b) => a.clock - b.clock)) {
    const ranges = byClient.get(range.client)
    const last = ranges?.at(-1)
    if (ranges === undefined || last === undefined) byClient.set(range.client, [range])
    else if (range.clock > endOf(last)) ranges.push(range)
    else {
      const end = Math.max(endOf(last), endOf(range))
      ranges[ranges.length - 1] = { ...last, length: end - last.clock }
    }
  }
  encoding.writeVarUint(encoder, byClient.size)
  for (const [client, ranges] of byClient) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, ranges.length)
    for (const { clock, length } of ranges) {
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarUint(encoder, length)
    }
  }
}
