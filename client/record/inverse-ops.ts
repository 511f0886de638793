/** The operations that take a change back, as far as nobody else is concerned: what its author undoes. */
import type { Json } from '../../shared/json.ts'
import { canonicalJson, isJsonArray, isJsonObject } from '../../shared/json.ts'
import { applyOp } from '../../shared/policies/apply-op.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'

/** @param fields what the author was shown before the change. */
export function inverseOps(
  collection: CollectionSpec,
  fields: { readonly [field: string]: Json },
  ops: readonly FieldOp[],
): readonly FieldOp[] {
  const inverse: FieldOp[] = []
  const values: Record<string, Json> = { ...fields }
  for (const op of ops) {
    const spec = collection.fields.get(op.field)
    if (spec === undefined) continue
    const before = values[op.field] ?? null
    values[op.field] = applyOp(spec, before, op)
    inverse.unshift(...inverseOf(spec.kind === 'list', before, op))
  }
  return inverse
}

function inverseOf(isList: boolean, before: Json, op: FieldOp): readonly FieldOp[] {
  const { field } = op
  switch (op.type) {
    case 'set':
      return [{ type: 'set', field, value: before }]
    case 'increment':
      return [{ type: 'increment', field, amount: -op.amount }]
    case 'add':
    case 'remove': {
      // A list knows places, so it is put back as it was; the server writes the difference.
      if (isList) return [{ type: 'set', field, value: before }]
      const had = new Set((isJsonArray(before) ? before : []).map(canonicalJson))
      const items = op.items.filter((item) => had.has(canonicalJson(item)) === (op.type === 'remove'))
      return items.length === 0 ? [] : [{ type: op.type === 'add' ? 'remove' : 'add', field, items }]
    }
    case 'merge': {
      const old = isJsonObject(before) ? before : {}
      const members = Object.keys(op.members).map((key) => [key, old[key] ?? null] as const)
      return [{ type: 'merge', field, members: Object.fromEntries(members) }]
    }
  }
}
