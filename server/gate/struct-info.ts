/** The byte with which each struct of a Yjs update (V1) starts: what it is, and what is told of where it stands. */

export const INFO_GC = 0
export const INFO_SKIP = 10
/** The bits of an item's byte that refer to its kind of content, one of `CONTENT_…`. */
export const INFO_CONTENT_BITS = 0b0001_1111
export const INFO_HAS_PARENT_SUB = 0b0010_0000
export const INFO_HAS_RIGHT_ORIGIN = 0b0100_0000
export const INFO_HAS_ORIGIN = 0b1000_0000

export const CONTENT_DELETED = 1
export const CONTENT_JSON = 2
export const CONTENT_BINARY = 3
export const CONTENT_STRING = 4
export const CONTENT_EMBED = 5
export const CONTENT_FORMAT = 6
export const CONTENT_TYPE = 7
export const CONTENT_ANY = 8

/** Whether the struct that starts with this byte is one of which nothing is left. */
export const isGone = (info: number): boolean =>
  info === INFO_GC || (info & INFO_CONTENT_BITS) === CONTENT_DELETED
