/**
 * Converts what a client's SQLite holds in a column to a value of the field's kind. Pure. SQLite has no
 * booleans, instants or arrays: they come as 0 and 1, as text and as JSON text. Nothing is ever rounded.
 */
import type { Json } from '../../../shared/json.ts'
import { emptyValue } from '../../../shared/policies/check-field-ops.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import type { ExactJson } from '../../../shared/wire/exact-json.ts'
import {
  exactToJson,
  firstBigInt,
  isExactArray,
  isExactObject,
  parseExactJson,
} from '../../../shared/wire/exact-json.ts'
import { INNER_JSON_LIMITS } from './read-upload.ts'

export type ColumnValue =
  /** Of the field's kind if it can be: the planner checks it as any other value. */
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string }

/** A number of more digits than this may not survive as a double. */
const EXACT_DIGITS = 15

export function columnValue(spec: FieldSpec, value: ExactJson): ColumnValue {
  if (value === null) return taken(emptyValue(spec))
  switch (spec.kind) {
    case 'string':
      return typeof value === 'number' || typeof value === 'bigint' ? taken(value.toString()) : plain(value)
    case 'number':
    case 'counter':
      return plain(typeof value === 'string' ? (exactNumber(value) ?? value) : value)
    case 'boolean':
      return plain(booleanOf(value))
    case 'date':
      // SQL writes an instant with a space.
      return plain(typeof value === 'string' ? value.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T') : value)
    case 'json':
      return plain(typeof value === 'string' ? parsedOr(value) : value)
    case 'set':
    case 'list':
    case 'map':
      return members(spec, typeof value === 'string' ? parsedOr(value) : value)
    default:
      return plain(value)
  }
}

function members(spec: FieldSpec, value: ExactJson): ColumnValue {
  const { item } = spec
  if (item === null) return plain(value)
  if (isExactArray(value)) {
    const items = value.map((one) => columnValue(item, one))
    const bad = items.find((one) => !one.ok)
    return bad ?? taken(items.flatMap((one) => (one.ok ? [one.value] : [])))
  }
  if (!isExactObject(value)) return plain(value)
  const entries = Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([key, member]) => [key, columnValue(item, member)] as const)
  const bad = entries.find(([, one]) => !one.ok)?.[1]
  return bad ?? taken(Object.fromEntries(entries.flatMap(([key, one]) => (one.ok ? [[key, one.value]] : []))))
}

function booleanOf(value: ExactJson): ExactJson {
  if (value === 1 || value === '1' || value === 'true') return true
  return value === 0 || value === '0' || value === 'false' ? false : value
}

/** The number that a text writes, if no digit of it is lost; an integer that would be rounded stays exact. */
function exactNumber(text: string): number | bigint | null {
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return null
  const value = Number(text)
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text)
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
  const isExact = digits.length <= EXACT_DIGITS || String(value) === text
  return Number.isFinite(value) && isExact ? value : null
}

/** JSON text as what it says; text that is no JSON as itself. */
function parsedOr(text: string): ExactJson {
  const parsed = parseExactJson(text, INNER_JSON_LIMITS)
  return parsed.ok ? parsed.value : text
}

function plain(value: ExactJson): ColumnValue {
  const tooLong = firstBigInt(value)
  if (tooLong === null) return taken(exactToJson(value))
  return { ok: false, problem: `cannot hold ${tooLong} without rounding it; use a string field` }
}

const taken = (value: Json): ColumnValue => ({ ok: true, value })
