/**
 * JSON can spell half of a character (`"\ud800"`), which no UTF-8 holds: Automerge throws on it, and SQLite keeps
 * something else than was judged.
 */
const HALF = /\p{Surrogate}/u
const HALVES = /\p{Surrogate}/gu

export const isWellFormed = (text: string): boolean => !HALF.test(text)

/** What writing the text as UTF-8 makes of it. */
export const toWellFormed = (text: string): string => text.replaceAll(HALVES, '\ufffd')
