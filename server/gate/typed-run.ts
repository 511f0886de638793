/**
 * Joins what one person has typed and erased, keystroke by keystroke, into one update, so that the gate, Yjs and the
 * journal deal with it once. Only updates of the simplest forms are taken: one stretch of text, erasures of one client,
 * or both. The bytes are not believed: they are copied, and the joined update is vetted like any other.
 */
import * as encoding from 'lib0/encoding'
import { ByteCursor, utf16Length } from './byte-cursor.ts'
import type { DeleteRange } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

/** One stretch of text and where it stands, or null if an update only erases; and what it erases. */
interface Keystroke {
  readonly text: TypedText | null
  readonly erased: DeleteRange | null
}

interface TypedText {
  readonly client: number
  readonly clock: number
  /** UTF-16 units, which are clock ticks. */
  readonly length: number
  /** Left neighbour; `client` is -1 if there is none. */
  readonly leftClient: number
  readonly leftClock: number
  readonly rightClient: number
  readonly rightClock: number
  readonly update: Uint8Array
  /** Of the update's bytes: from here to the text's length they say its kind, neighbours and parent. */
  readonly placeAt: number
  readonly placeEnd: number
  readonly utf8At: number
  readonly utf8End: number
}

/** Text that continues where it stands. */
interface Stretch {
  readonly first: TypedText
  readonly utf8: number[]
}

const INFO_STRING = 4
const INFO_CONTENT_BITS = 0b0001_1111
const INFO_HAS_PARENT_SUB = 0b0010_0000
const INFO_HAS_RIGHT_ORIGIN = 0b0100_0000
const INFO_HAS_ORIGIN = 0b1000_0000
const NOBODY = -1

/** Far below what is light, so that joining makes no update heavy. */
const BYTES_MAX = 4 * 1024
const STRETCHES_MAX = 64
const ERASED_MAX = 256

/** Updates of one session, in order. */
export class TypedRun {
  readonly #updates: Uint8Array[] = []
  readonly #stretches: Stretch[] = []
  readonly #erased: DeleteRange[] = []
  #next = 0
  #bytes = 0

  /** How many updates are joined. */
  get count(): number {
    return this.#updates.length
  }

  /** @returns false if the update is of another form, or does not continue this run. */
  add(update: Uint8Array): boolean {
    if (this.#bytes + update.byteLength > BYTES_MAX) return false
    const keystroke = readKeystroke(update)
    if (keystroke === null || !this.#fits(keystroke)) return false
    const { text, erased } = keystroke
    if (text !== null) this.#write(text)
    if (erased !== null) this.#erase(erased)
    this.#updates.push(update)
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
    const [only] = this.#updates
    if (only !== undefined && this.#updates.length === 1) return only
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

/** Reads an update of the simplest forms; null for any other. What is malformed yields NaN, and so null. */
function readKeystroke(update: Uint8Array): Keystroke | null {
  const cursor = new ByteCursor(update)
  const sections = cursor.uint()
  let text: TypedText | null = null
  if (sections === 1) {
    text = readText(cursor)
    if (text === null) return null
  } else if (sections !== 0) return null
  const clients = cursor.uint()
  let erased: DeleteRange | null = null
  if (clients === 1) {
    erased = readErased(cursor)
    if (erased === null) return null
  } else if (clients !== 0) return null
  const isEmpty = text === null && erased === null
  return cursor.isAtEnd && !isEmpty ? { text, erased } : null
}

function readText(cursor: ByteCursor): TypedText | null {
  if (cursor.uint() !== 1) return null
  const client = cursor.uint()
  const clock = cursor.uint()
  const placeAt = cursor.at
  const info = cursor.byte()
  if ((info & INFO_CONTENT_BITS) !== INFO_STRING || (info & INFO_HAS_PARENT_SUB) !== 0) return null
  const hasLeft = (info & INFO_HAS_ORIGIN) !== 0
  const hasRight = (info & INFO_HAS_RIGHT_ORIGIN) !== 0
  const leftClient = hasLeft ? cursor.uint() : NOBODY
  const leftClock = hasLeft ? cursor.uint() : 0
  const rightClient = hasRight ? cursor.uint() : NOBODY
  const rightClock = hasRight ? cursor.uint() : 0
  if (!hasLeft && !hasRight) {
    if (cursor.uint() === 1) cursor.skipBytes()
    else {
      cursor.uint()
      cursor.uint()
    }
  }
  const placeEnd = cursor.at
  const utf8Length = cursor.uint()
  const utf8At = cursor.at
  const utf8End = utf8At + utf8Length
  cursor.at = utf8End
  const length = utf16Length(cursor.bytes, utf8At, utf8End)
  if (!Number.isSafeInteger(client) || !Number.isSafeInteger(clock) || length === 0) return null
  const neighbours = { leftClient, leftClock, rightClient, rightClock }
  return { client, clock, length, ...neighbours, update: cursor.bytes, placeAt, placeEnd, utf8At, utf8End }
}

function readErased(cursor: ByteCursor): DeleteRange | null {
  const client = cursor.uint()
  if (cursor.uint() !== 1) return null
  const clock = cursor.uint()
  const length = cursor.uint()
  const isSane = Number.isSafeInteger(client) && Number.isSafeInteger(clock + length) && length > 0
  return isSane ? { client, clock, length } : null
}
