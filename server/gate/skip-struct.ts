/** Passes over the structs of updates that the server has written or vetted itself, as fast as bytes can be read. */
import { ByteCursor, utf16Length } from './byte-cursor.ts'
import {
  CONTENT_ANY,
  CONTENT_BINARY,
  CONTENT_DELETED,
  CONTENT_EMBED,
  CONTENT_FORMAT,
  CONTENT_JSON,
  CONTENT_STRING,
  CONTENT_TYPE,
  INFO_CONTENT_BITS,
  INFO_GC,
  INFO_HAS_ORIGIN,
  INFO_HAS_PARENT_SUB,
  INFO_HAS_RIGHT_ORIGIN,
} from './struct-info.ts'

const TYPE_XML_ELEMENT = 3
const TYPE_XML_HOOK = 5

const ANY_BYTES = 116
const ANY_ARRAY = 117
const ANY_OBJECT = 118
const ANY_STRING = 119
const ANY_BIGINT = 122
const ANY_FLOAT64 = 123
const ANY_FLOAT32 = 124
const ANY_INTEGER = 125

/** Moves behind the struct. @returns its clock ticks; NaN for what is no struct of a text. */
export function skipStruct(cursor: ByteCursor): number {
  const info = cursor.byte()
  if (info === INFO_GC) return cursor.uint()
  skipPlace(cursor, info)
  return skipContent(cursor, info & INFO_CONTENT_BITS)
}

/** Where the content of a struct starts that is not collected: behind what says where it stands. */
export function contentStart(update: Uint8Array, structStart: number): number {
  const cursor = new ByteCursor(update)
  cursor.at = structStart
  skipPlace(cursor, cursor.byte())
  return cursor.at
}

function skipPlace(cursor: ByteCursor, info: number): void {
  const hasOrigin = (info & INFO_HAS_ORIGIN) !== 0
  const hasRightOrigin = (info & INFO_HAS_RIGHT_ORIGIN) !== 0
  if (hasOrigin) skipId(cursor)
  if (hasRightOrigin) skipId(cursor)
  if (!hasOrigin && !hasRightOrigin) skipParent(cursor, info)
}

/** What names the parent of a struct without neighbours. */
export function skipParent(cursor: ByteCursor, info: number): void {
  if (cursor.uint() === 1) cursor.skipBytes()
  else skipId(cursor)
  if ((info & INFO_HAS_PARENT_SUB) !== 0) cursor.skipBytes()
}

function skipId(cursor: ByteCursor): void {
  cursor.uint()
  cursor.uint()
}

/** @returns clock ticks of what was passed over; NaN for what is no content of a text. */
export function skipContent(cursor: ByteCursor, kind: number): number {
  switch (kind) {
    case CONTENT_DELETED:
      return cursor.uint()
    case CONTENT_STRING: {
      const bytes = cursor.uint()
      const start = cursor.at
      cursor.at += bytes
      return utf16Length(cursor.bytes, start, cursor.at)
    }
    case CONTENT_BINARY:
    case CONTENT_EMBED:
      cursor.skipBytes()
      return 1
    case CONTENT_FORMAT:
      cursor.skipBytes()
      cursor.skipBytes()
      return 1
    case CONTENT_TYPE: {
      const type = cursor.uint()
      if (type === TYPE_XML_ELEMENT || type === TYPE_XML_HOOK) cursor.skipBytes()
      return 1
    }
    case CONTENT_JSON:
    case CONTENT_ANY: {
      const count = cursor.uint()
      for (let value = 0; value < count; value++)
        if (kind === CONTENT_JSON) cursor.skipBytes()
        else skipAny(cursor)
      return count
    }
    default:
      return Number.NaN
  }
}

/** The gate has seen to it that values are not nested too deeply for recursion. */
function skipAny(cursor: ByteCursor): void {
  const tag = cursor.byte()
  switch (tag) {
    case ANY_INTEGER:
      // Signed, which its bytes do not show.
      cursor.uint()
      return
    case ANY_FLOAT32:
      cursor.at += 4
      return
    case ANY_FLOAT64:
    case ANY_BIGINT:
      cursor.at += 8
      return
    case ANY_STRING:
    case ANY_BYTES:
      cursor.skipBytes()
      return
    case ANY_ARRAY:
    case ANY_OBJECT: {
      const count = cursor.uint()
      for (let member = 0; member < count; member++) {
        if (tag === ANY_OBJECT) cursor.skipBytes()
        skipAny(cursor)
      }
    }
  }
}
