/**
 * What a person has done to a row, read off its two states: how much was added to a counter, which items came and went.
 * So what TanStack DB takes for an assignment merges like any other change.
 */
import type { Json, JsonObject } from '../../shared/json.ts'
import { canonicalJson, isJsonArray, isJsonObject, jsonEqual } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'

/** @param after the fields that are different, as they are now. @returns nothing for those that are the same after all. */
export const differenceOps = (
  collection: CollectionSpec,
  before: JsonObject,
  after: Readonly<Record<string, Json | undefined>>,
): readonly FieldOp[] =>
  Object.entries(after).flatMap(([field, value = null]) => {
    const old = before[field] ?? null
    return field === 'id' || jsonEqual(old, value)
      ? []
      : opsOf(collection.fields.get(field), field, old, value)
  })

function opsOf(spec: FieldSpec | undefined, field: string, old: Json, value: Json): readonly FieldOp[] {
  if (spec?.kind === 'counter' && typeof old === 'number' && typeof value === 'number')
    return [{ type: 'increment', field, amount: value - old }]
  if (spec?.kind === 'set' && isJsonArray(old) && isJsonArray(value)) return setOps(field, old, value)
  if (spec?.kind === 'map' && isJsonObject(old) && isJsonObject(value)) return mapOps(field, old, value)
  return [{ type: 'set', field, value }]
}

function setOps(field: string, old: readonly Json[], value: readonly Json[]): readonly FieldOp[] {
  const [had, has] = [new Set(old.map(canonicalJson)), new Set(value.map(canonicalJson))]
  const added = value.filter((item) => !had.has(canonicalJson(item)))
  const removed = old.filter((item) => !has.has(canonicalJson(item)))
  const ops: FieldOp[] = []
  if (added.length > 0) ops.push({ type: 'add', field, items: added })
  if (removed.length > 0) ops.push({ type: 'remove', field, items: removed })
  return ops
}

function mapOps(field: string, old: JsonObject, value: JsonObject): readonly FieldOp[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(value)])]
  const members = keys.filter((key) => !jsonEqual(old[key] ?? null, value[key] ?? null))
  return members.length === 0
    ? []
    : [{ type: 'merge', field, members: Object.fromEntries(members.map((key) => [key, value[key] ?? null])) }]
}
