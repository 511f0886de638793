/**
 * JSON whose integers stay exact: `JSON.parse` rounds those beyond 2⁵³, which SQLite and PowerSync hold, and a
 * rounded id or amount is silent damage. They are read as `bigint`; everything else as `JSON.parse` reads it,
 * own keys `__proto__` and numbers too large for a double included: who uses the value judges that. Halves of
 * characters are replaced: an upload must not be refused for one.
 */
import type { Json } from '../json.ts'
import { toWellFormed } from './well-formed.ts'

export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson }
export type ExactObject = { readonly [key: string]: ExactJson }

export interface ExactJsonLimits {
  /** Levels of arrays and objects, the outermost included. */
  readonly depthMax: number
  /** Values of every kind, at all levels together. */
  readonly valuesMax: number
}

export type ExactJsonResult =
  | { readonly ok: true; readonly value: ExactJson }
  | { readonly ok: false; readonly problem: string; readonly isTooLarge: boolean }

export function parseExactJson(text: string, limits: ExactJsonLimits): ExactJsonResult {
  try {
    return { ok: true, value: new Reader(text, limits).readAll() }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { ok: false, problem: error.message, isTooLarge: error.isTooLarge }
  }
}

export const isExactObject = (value: ExactJson | undefined): value is ExactObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isExactArray = (value: ExactJson | undefined): value is readonly ExactJson[] =>
  Array.isArray(value)

/** The value as plain JSON, with numbers that JSON cannot say exactly as text: for logs and digests. */
export function exactToJson(value: ExactJson): Json {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return value.toString()
  if (value === null || typeof value !== 'object') return value
  if (isExactArray(value)) return value.map(exactToJson)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exactToJson(member)]))
}

/** Levels of arrays and objects in the value, the outermost included; 0 for a scalar. */
export function depthOf(value: ExactJson): number {
  if (value === null || typeof value !== 'object') return 0
  return 1 + Object.values(value).reduce<number>((deepest, member) => Math.max(deepest, depthOf(member)), 0)
}

/** Whether an object in the value has an own key of this name. */
export function hasKey(value: ExactJson, key: string): boolean {
  if (value === null || typeof value !== 'object') return false
  return Object.hasOwn(value, key) || Object.values(value).some((member) => hasKey(member, key))
}

/** The first integer in the value that a JSON number would round; null if there is none. */
export function firstBigInt(value: ExactJson): bigint | null {
  if (typeof value === 'bigint') return value
  if (value === null || typeof value !== 'object') return null
  for (const member of Object.values(value)) {
    const found = firstBigInt(member)
    if (found !== null) return found
  }
  return null
}

/** Ends the reading of a text; never leaves this file. */
class Unreadable extends Error {
  readonly isTooLarge: boolean

  constructor(problem: string, isTooLarge = false) {
    super(problem)
    this.isTooLarge = isTooLarge
  }
}

const SPACE = /[ \t\n\r]*/y
const LITERAL = /true|false|null/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const LITERALS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

class Reader {
  readonly #text: string
  readonly #limits: ExactJsonLimits
  #at = 0
  #values = 0

  constructor(text: string, limits: ExactJsonLimits) {
    this.#text = text
    this.#limits = limits
  }

  readAll(): ExactJson {
    const value = this.#value(0)
    if (this.#at < this.#text.length) this.#fail()
    return value
  }

  /** A value with the space on both sides of it. */
  #value(depth: number): ExactJson {
    if (++this.#values > this.#limits.valuesMax)
      throw new Unreadable(`holds more than ${this.#limits.valuesMax} values`, true)
    this.#match(SPACE)
    const value = this.#bareValue(depth)
    this.#match(SPACE)
    return value
  }

  #bareValue(depth: number): ExactJson {
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === '{' || first === '[') {
      if (depth === this.#limits.depthMax)
        throw new Unreadable(`nested deeper than ${this.#limits.depthMax} levels`)
      this.#at += 1
      return first === '{' ? this.#object(depth + 1) : this.#array(depth + 1)
    }
    const literal = LITERALS.get(this.#match(LITERAL)?.[0] ?? '')
    return literal === undefined ? this.#number() : literal
  }

  #number(): number | bigint {
    const match = this.#match(NUMBER)
    if (match === null) return this.#fail()
    const [digits, fraction, exponent] = match
    const value = Number(digits)
    const isInteger = fraction === undefined && exponent === undefined
    return isInteger && !Number.isSafeInteger(value) ? BigInt(digits) : value
  }

  #string(): string {
    const start = this.#at
    let end = start + 1
    for (; this.#text[end] !== '"'; end++) {
      if (end >= this.#text.length) this.#fail()
      if (this.#text[end] === '\\') end++
    }
    this.#at = end + 1
    try {
      return toWellFormed(JSON.parse(this.#text.slice(start, this.#at)))
    } catch {
      this.#at = start
      return this.#fail()
    }
  }

  #array(depth: number): readonly ExactJson[] {
    const items: ExactJson[] = []
    this.#match(SPACE)
    if (this.#take(']')) return items
    do items.push(this.#value(depth))
    while (this.#take(','))
    if (!this.#take(']')) this.#fail()
    return items
  }

  #object(depth: number): ExactObject {
    const members: [string, ExactJson][] = []
    this.#match(SPACE)
    if (this.#take('}')) return {}
    do members.push(this.#member(depth))
    while (this.#take(','))
    if (!this.#take('}')) this.#fail()
    return Object.fromEntries(members)
  }

  #member(depth: number): [string, ExactJson] {
    this.#match(SPACE)
    if (this.#text[this.#at] !== '"') this.#fail()
    const key = this.#string()
    this.#match(SPACE)
    if (!this.#take(':')) this.#fail()
    return [key, this.#value(depth)]
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at += match[0].length
    return match
  }

  #fail(): never {
    throw new Unreadable(`not valid JSON at position ${this.#at}`)
  }
}
