/**
 * The part of a text that a search has found, with its matches marked. The index keeps no copy of the text that SQLite could
 * make one of, so it is made of the text column: words are compared as the index's tokenizer compares them, without case
 * and accents. Pure.
 */
import { escapeHtml } from '../../../shared/escape-html.ts'

/** Runs of what the tokenizer takes for parts of words. */
const WORDS = /[\p{L}\p{M}\p{N}\p{Co}]+/gu
const WORDS_MAX = 24
/** Of a text that has changed since it was indexed there may be no match: then it begins where the text does. */
const NOT_FOUND = -1

interface Word {
  readonly start: number
  readonly end: number
  /** Which of the words that are looked for it is. */
  readonly term: number
}

/** Behind its first match a text is looked through so far for a place where more of the terms stand together. */
const WORDS_BEHIND_MAX = 2_000

/** @param terms plain words; the last one may be the start of one. @returns HTML, with nothing of the text as markup. */
export function excerptOf(plain: string, terms: readonly string[]): string {
  const { words, isStart, isEnd } = wordsAround(plain, terms.map(folded))
  const first = bestStart(words)
  const chosen = words.slice(first, first + WORDS_MAX)
  const toStart = isStart && first === 0
  const toEnd = isEnd && first + WORDS_MAX >= words.length
  const from = toStart ? 0 : (chosen[0]?.start ?? 0)
  const to = toEnd ? plain.length : (chosen.at(-1)?.end ?? plain.length)
  return `${toStart ? '' : '…'}${marked(plain, chosen, from, to)}${toEnd ? '' : '…'}`
}

function folded(word: string): string {
  const plain = isAscii(word) ? word : word.normalize('NFD').replace(/\p{M}/gu, '')
  return plain.toLowerCase()
}

const isAscii = (word: string): boolean => /^[0-9A-Za-z]*$/.test(word)

interface Surroundings {
  readonly words: readonly Word[]
  /** Whether they begin, and end, where the text does. */
  readonly isStart: boolean
  readonly isEnd: boolean
}

/** The words around the first match, up to some behind the first place at which all terms stand together. */
function wordsAround(plain: string, terms: readonly string[]): Surroundings {
  let words: Word[] = []
  let isStart = true
  const opening: Word[] = []
  const lastAt = terms.map(() => Number.NEGATIVE_INFINITY)
  let stopAt = Number.POSITIVE_INFINITY
  for (const { 0: text, index } of plain.matchAll(WORDS)) {
    if (words.length >= stopAt) return { words, isStart, isEnd: false }
    const term = termOf(folded(text), terms)
    words.push({ start: index, end: index + text.length, term })
    const isFirst = term !== NOT_FOUND && stopAt === Number.POSITIVE_INFINITY
    if (isFirst) stopAt = words.length + WORDS_BEHIND_MAX
    if (stopAt === Number.POSITIVE_INFINITY && words.length === 2 * WORDS_MAX) {
      if (isStart) opening.push(...words.slice(0, WORDS_MAX + 1))
      isStart = false
      words = words.slice(WORDS_MAX)
    }
    if (term === NOT_FOUND) continue
    // A word that is looked for twice is found twice by the one place.
    for (const [other, name] of terms.entries()) if (name === terms[term]) lastAt[other] = words.length
    if (words.length - Math.min(...lastAt) < WORDS_MAX) stopAt = Math.min(stopAt, words.length + WORDS_MAX)
  }
  const isFound = stopAt < Number.POSITIVE_INFINITY
  if (isFound || isStart) return { words, isStart, isEnd: true }
  return { words: opening, isStart: true, isEnd: false }
}

const termOf = (word: string, terms: readonly string[]): number =>
  terms.findIndex((term, at) => word === term || (at === terms.length - 1 && word.startsWith(term)))

/** Where the excerpt begins that shows most of the terms, with some words before the first. */
function bestStart(words: readonly Word[]): number {
  let best = { first: 0, last: 0, count: 0 }
  for (const [first, { term }] of words.entries()) {
    if (term === NOT_FOUND) continue
    const shown = new Set<number>()
    let last = first
    for (let at = first; at < Math.min(first + WORDS_MAX, words.length); at++) {
      const found = words[at]?.term ?? NOT_FOUND
      if (found === NOT_FOUND || shown.has(found)) continue
      shown.add(found)
      last = at
    }
    if (shown.size > best.count) best = { first, last, count: shown.size }
  }
  const before = Math.floor((WORDS_MAX - (best.last - best.first + 1)) / 2)
  return Math.max(0, Math.min(best.first - before, words.length - WORDS_MAX))
}

function marked(plain: string, words: readonly Word[], from: number, to: number): string {
  let html = ''
  let at = from
  for (const { start, end, term } of words) {
    if (term === NOT_FOUND) continue
    html += `${shown(plain.slice(at, start))}<mark>${shown(plain.slice(start, end))}</mark>`
    at = end
  }
  return html + shown(plain.slice(at, to))
}

/** All but tabulators and the ends of lines. */
const CONTROLS = /(?![\t\n\r])\p{Cc}/gu

const shown = (text: string): string => escapeHtml(text.replace(CONTROLS, ' '))
