/** What a record would say after the operations of a semantic change: what business rules look at. Pure. */
import type { Json, JsonObject } from '../../shared/json.ts'
import { canonicalJson, isJsonArray, isJsonObject } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { normalizeValue } from './automerge-values.ts'

/** @param fields as readers see them, defaults included. */
export function predictFields(
  collection: CollectionSpec,
  fields: JsonObject,
  ops: readonly FieldOp[],
): JsonObject {
  const after: Record<string, Json> = { ...fields }
  for (const op of ops) {
    const spec = collection.fields.get(op.field)
    if (spec !== undefined) after[op.field] = valueAfter(spec, after[op.field] ?? null, op)
  }
  return after
}

function valueAfter(spec: FieldSpec, before: Json, op: FieldOp): Json {
  switch (op.type) {
    case 'set':
      return (spec.kind === 'date' ? normalizeValue(spec, op.value) : op.value) ?? spec.default ?? null
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

function added(spec: FieldSpec, items: readonly Json[], more: readonly Json[]): Json {
  if (spec.kind === 'list') return [...items, ...more]
  const known = new Set(items.map(canonicalJson))
  return [...items, ...more.filter((item) => !known.has(canonicalJson(item)))]
}
