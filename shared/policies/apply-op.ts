/**
 * What a field says after an operation that nobody competes with: what business rules look at, and what a client shows
 * before the server has answered. `server/plan/apply-field-op.ts` does the same to an Automerge document; a test
 * compares the two.
 */
import type { Json, JsonObject } from '../json.ts'
import { canonicalJson, isJsonArray, isJsonObject } from '../json.ts'
import type { FieldOp } from '../record/field-op.ts'
import { normalizeValue } from '../schema/check-value.ts'
import type { FieldSpec } from '../schema/field-spec.ts'
import type { CollectionSpec } from '../schema/schema.ts'

/**
 * @param fields as readers see them, defaults included.
 * @returns them after the operations. What the schema does not declare stays as it is (R4).
 */
export function applyOps(
  collection: Pick<CollectionSpec, 'fields'>,
  fields: JsonObject,
  ops: readonly FieldOp[],
): JsonObject {
  const after: Record<string, Json> = { ...fields }
  for (const op of ops) {
    const spec = collection.fields.get(op.field)
    if (spec !== undefined) after[op.field] = applyOp(spec, after[op.field] ?? null, op)
  }
  return after
}

/** @param before the field's value as readers see it. The operation must have been checked against `spec`. */
export function applyOp(spec: FieldSpec, before: Json, op: FieldOp): Json {
  switch (op.type) {
    case 'set':
      return valueSet(spec, op.value)
    case 'increment':
      return Number(before ?? 0) + op.amount
    case 'add':
      return added(spec, isJsonArray(before) ? before : [], op.items)
    case 'remove': {
      const unwanted = new Set(op.items.map(canonicalJson))
      return isJsonArray(before) ? before.filter((item) => !unwanted.has(canonicalJson(item))) : []
    }
    case 'merge': {
      const members = { ...(isJsonObject(before) ? before : {}), ...op.members }
      return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
    }
  }
}

/** The order in which the items of a set are told: numbers by size, strings by their UTF-16 units. */
export const compareItems = (a: Json, b: Json): number => (a === b ? 0 : (a ?? 0) < (b ?? 0) ? -1 : 1)

function valueSet(spec: FieldSpec, value: Json): Json {
  if (spec.kind === 'set' && isJsonArray(value)) return added(spec, [], value)
  return (spec.kind === 'date' ? normalizeValue(spec, value) : value) ?? spec.default ?? null
}

function added(spec: FieldSpec, items: readonly Json[], more: readonly Json[]): Json {
  if (spec.kind === 'list') return [...items, ...more]
  const distinct = new Map([...items, ...more].map((item) => [canonicalJson(item), item]))
  return [...distinct.values()].sort(compareItems)
}
