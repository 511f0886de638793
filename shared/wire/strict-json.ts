/**
 * JSON from untrusted clients: bounded in depth, because what `JSON.parse` takes without recursion overflows
 * the stack of the next `JSON.stringify`; without `__proto__`, which becomes a prototype when a reader copies
 * the object; and without numbers too large for JSON, which would be written back as null.
 */
import { MalformedBytes } from './malformed-bytes.ts'

/** @throws MalformedBytes */
export function parseStrictJson(text: string, depthMax: number): unknown {
  if (depthOf(text) > depthMax) throw new MalformedBytes(`a value is nested deeper than ${depthMax} levels`)
  const value = parse(text)
  checkValue(value)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedBytes('a value is not JSON')
  }
}

export function checkKey(key: string): void {
  if (key === '__proto__') throw new MalformedBytes('the name __proto__ is reserved')
}

/** Brackets outside of strings that are open at once; decided before parsing, on text that may be no JSON. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isQuoted) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) isQuoted = false
    } else if (code === QUOTE) isQuoted = true
    else if (code === BRACKET_OPEN || code === BRACE_OPEN) deepest = Math.max(deepest, ++depth)
    else if (code === BRACKET_CLOSE || code === BRACE_CLOSE) depth--
  }
  return deepest
}

const [QUOTE, BACKSLASH, BRACKET_OPEN, BRACKET_CLOSE, BRACE_OPEN, BRACE_CLOSE] = [34, 92, 91, 93, 123, 125]

function checkValue(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new MalformedBytes('a number is too large')
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const element of value) checkValue(element)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    checkKey(key)
    checkValue(member)
  }
}
