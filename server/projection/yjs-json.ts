/**
 * Turns the values that Yjs carries in attributes, formats and embeds into plain JSON that any store takes:
 * bounded in depth, keys sorted, without what JSON lacks and without the keys that change an object's nature.
 */
import type { Json } from '../../shared/json.ts'

export type MutableJsonObject = { [key: string]: Json }

/** Levels of nesting in one value; what lies deeper reads as null. */
const VALUE_DEPTH_MAX = 20

/** `undefined`, bytes, shared types and numbers that JSON lacks read as null; a bigint as its digits. */
export function jsonOf(value: unknown, depth = 1): Json {
  switch (typeof value) {
    case 'string':
      return cleanText(value)
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null || depth > VALUE_DEPTH_MAX ? null : jsonOfObject(value, depth)
    default:
      return null
  }
}

function jsonOfObject(value: object, depth: number): Json {
  if (Array.isArray(value)) return value.map((element) => jsonOf(element, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return null
  const object: MutableJsonObject = {}
  const members: Record<string, unknown> = { ...value }
  for (const key of Object.keys(members).sort()) setMember(object, key, jsonOf(members[key], depth + 1))
  return object
}

/** Sets a member under a name that a client chose; `__proto__`, which would not become one, is left out. */
export function setMember(object: MutableJsonObject, key: string, value: Json): void {
  if (key !== '__proto__') object[cleanText(key)] = value
}

/** U+0000 becomes U+FFFD, as in HTML and CommonMark: PostgreSQL stores it in no text, and no editor writes it. */
export const cleanText = (text: string): string => text.replaceAll('\u0000', '\ufffd')
