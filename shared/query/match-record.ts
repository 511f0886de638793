/**
 * Which records a query asks for, and how they stand, by the server's reckoning: SQL's `IS`, and its order of bytes. So a
 * client knows at once what its own changes make of a list. A test compares it with what SQLite answers. Pure.
 */
import type { Json, JsonObject } from '../json.ts'
import type { Query } from '../sync/messages.ts'

/** What decides where a record stands. */
export interface Placed {
  readonly id: string
  readonly fields: JsonObject
}

/** @param where as `checkedWhere` gives it. */
export const matchesWhere = (where: Query['where'], fields: JsonObject): boolean =>
  Object.entries(where).every(([field, operand]) => (fields[field] ?? null) === operand)

/** By the field, those without a value last in either direction; equal ones, and without a field, by id. */
export function comparePlaced(orderBy: Query['orderBy'], a: Placed, b: Placed): number {
  if (orderBy === null) return compareText(a.id, b.id)
  const [one, other] = [a.fields[orderBy.field] ?? null, b.fields[orderBy.field] ?? null]
  if (one === null || other === null) {
    if (one === other) return compareText(a.id, b.id)
    return one === null ? 1 : -1
  }
  const order = compareScalars(one, other)
  if (order === 0) return compareText(a.id, b.id)
  return orderBy.descending ? -order : order
}

/** Of one field: both are numbers, both texts, or both true or false. */
function compareScalars(a: Json, b: Json): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return Number(a) - Number(b)
}

/** By code points, which is the order of UTF-8 bytes; that of UTF-16 units is another where surrogates are. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one === other) continue
    // A surrogate stands for a code point beyond all others.
    return rank(one) - rank(other)
  }
  return a.length - b.length
}

const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
