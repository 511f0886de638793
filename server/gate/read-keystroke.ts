/** Reads updates of the simplest forms, as keys send them: one stretch of text, erasures of one client, or both. */
import { ByteCursor, utf16Length } from './byte-cursor.ts'
import {
  CONTENT_STRING,
  INFO_CONTENT_BITS,
  INFO_HAS_ORIGIN,
  INFO_HAS_PARENT_SUB,
  INFO_HAS_RIGHT_ORIGIN,
} from './struct-info.ts'
import type { DeleteRange } from './update-decoder.ts'

/** One stretch of text and where it stands, or null if an update only erases; and what it erases. */
export interface Keystroke {
  readonly text: TypedText | null
  readonly erased: DeleteRange | null
}

export interface TypedText {
  readonly client: number
  readonly clock: number
  /** UTF-16 units, which are clock ticks. */
  readonly length: number
  /** Left neighbour; `leftClient` is `NOBODY` if there is none. */
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

export const NOBODY = -1

/** Reads an update of the simplest forms; null for any other. What is malformed yields NaN, and so null. */
export function readKeystroke(update: Uint8Array): Keystroke | null {
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
  if ((info & INFO_CONTENT_BITS) !== CONTENT_STRING || (info & INFO_HAS_PARENT_SUB) !== 0) return null
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

/**
 * Whether an update that holds nothing but a text with a left neighbour says it in as few bytes as there are: as Yjs would
 * say it itself.
 */
export function isCanonical(text: TypedText): boolean {
  const { client, clock, leftClient, leftClock, rightClient, rightClock, utf8At, utf8End, update } = text
  const right = rightClient === NOBODY ? 0 : uintLength(rightClient) + uintLength(rightClock)
  const left = uintLength(leftClient) + uintLength(leftClock)
  const utf8 = utf8End - utf8At
  const place = uintLength(client) + uintLength(clock) + INFO_LENGTH + left + right
  return update.byteLength === COUNTS_LENGTH + place + uintLength(utf8) + utf8
}

/** Of the numbers of sections, of structs, and of clients whose text is erased: one, one and none. */
const COUNTS_LENGTH = 3
const INFO_LENGTH = 1

/** Bytes of an integer in lib0's encoding. */
function uintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1
  return length
}
