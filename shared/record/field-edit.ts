/**
 * What an edit within a set, list or map took out and put in. The change log keeps this, not the whole value before
 * and after: a value that grows item by item would fill the log with the square of its size. Pure.
 */
import type { Json, JsonObject } from '../json.ts'
import { isJsonArray, isJsonObject, jsonEqual } from '../json.ts'
import type { FieldSpec } from '../schema/field-spec.ts'
import type { FieldOp } from './field-op.ts'

/**
 * Of a set its items and of a list its elements, as arrays; of a map its members, as objects: one that got another
 * value is in both.
 */
export interface FieldEdit {
  readonly removed: Json
  readonly added: Json
}

/**
 * @param before the field as readers saw it (R3), and `after` as they see it then.
 * Of a list, all between the first and the last element that differ: what was moved is in both.
 */
export function editBetween({ kind }: Pick<FieldSpec, 'kind'>, before: Json, after: Json): FieldEdit {
  if (kind === 'map') return memberEdit(membersOf(before), membersOf(after))
  return kind === 'set'
    ? itemEdit(itemsOf(before), itemsOf(after))
    : elementEdit(itemsOf(before), itemsOf(after))
}

/** The operations that carry an edit out once more, on whatever the field holds by then. */
export function opsOfEdit(field: string, { removed, added }: FieldEdit): readonly FieldOp[] {
  if (isJsonObject(removed) || isJsonObject(added)) {
    const gone = Object.keys(membersOf(removed)).map((name) => [name, null] as const)
    const members = { ...Object.fromEntries(gone), ...membersOf(added) }
    return Object.keys(members).length === 0 ? [] : [{ type: 'merge', field, members }]
  }
  const ops: FieldOp[] = []
  if (itemsOf(removed).length > 0) ops.push({ type: 'remove', field, items: itemsOf(removed) })
  if (itemsOf(added).length > 0) ops.push({ type: 'add', field, items: itemsOf(added) })
  return ops
}

/** The items of a set are strings or numbers, mostly the same and in the same order before and after. */
function itemEdit(before: readonly Json[], after: readonly Json[]): FieldEdit {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const [gone, come] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)]
  const [had, has] = [new Set(gone), new Set(come)]
  return { removed: gone.filter((item) => !has.has(item)), added: come.filter((item) => !had.has(item)) }
}

function elementEdit(before: readonly Json[], after: readonly Json[]): FieldEdit {
  const isEqualAt = (a: number, b: number): boolean => jsonEqual(before[a] ?? null, after[b] ?? null)
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && isEqualAt(head, head)) head++
  let tail = 0
  while (tail < shorter - head && isEqualAt(before.length - 1 - tail, after.length - 1 - tail)) tail++
  return { removed: before.slice(head, before.length - tail), added: after.slice(head, after.length - tail) }
}

function memberEdit(before: JsonObject, after: JsonObject): FieldEdit {
  const differing = (of: JsonObject, from: JsonObject): Json =>
    Object.fromEntries(
      Object.entries(of).filter(
        ([name, value]) => !(Object.hasOwn(from, name) && jsonEqual(value, from[name] ?? null)),
      ),
    )
  return { removed: differing(before, after), added: differing(after, before) }
}

const itemsOf = (value: Json): readonly Json[] => (isJsonArray(value) ? value : [])

const membersOf = (value: Json): JsonObject => (isJsonObject(value) ? value : {})
