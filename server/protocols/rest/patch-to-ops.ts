/** Reads the bodies of record writes as field operations (W7). Pure; the values are checked by the planner. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../../shared/json.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'

export type OpsResult =
  | { readonly ok: true; readonly ops: readonly FieldOp[] }
  | { readonly ok: false; readonly error: SluiceError }

/** A complete record: every member is a field and its value. */
export const fieldsToOps = (fields: JsonObject): readonly FieldOp[] =>
  Object.entries(fields).map(([field, value]) => ({ type: 'set', field, value }))

/**
 * A JSON merge patch (RFC 7396) of fields. An object merges into a `map` field, and is the new value of a
 * `json` field. On every other field its members are operators: `{"$increment": 2}` for a counter,
 * `{"$add": […], "$remove": […]}` for a set or a list, of which the removal comes first.
 */
export function patchToOps(collection: CollectionSpec, patch: JsonObject): OpsResult {
  const ops: FieldOp[] = []
  for (const [field, value] of Object.entries(patch)) {
    const result = memberToOps(collection.fields.get(field), field, value)
    if (!result.ok) return result
    ops.push(...result.ops)
  }
  return { ok: true, ops }
}

function memberToOps(spec: FieldSpec | undefined, field: string, value: Json): OpsResult {
  if (spec?.kind === 'map' && isJsonObject(value))
    return { ok: true, ops: [{ type: 'merge', field, members: value }] }
  const isOperation = spec?.kind !== 'json' && isJsonObject(value) && Object.keys(value).some(isOperator)
  return isOperation ? operatorsToOps(field, value) : { ok: true, ops: [{ type: 'set', field, value }] }
}

function operatorsToOps(field: string, operators: JsonObject): OpsResult {
  const removals: FieldOp[] = []
  const others: FieldOp[] = []
  for (const [operator, operand] of Object.entries(operators)) {
    const op = operatorToOp(field, operator, operand)
    if (typeof op === 'string') return refused(`${field}.${operator}`, op)
    if (op.type === 'remove') removals.push(op)
    else others.push(op)
  }
  return { ok: true, ops: [...removals, ...others] }
}

/** @returns what is wrong, if it is no operation. */
function operatorToOp(field: string, operator: string, operand: Json): FieldOp | string {
  switch (operator) {
    case '$increment':
      return typeof operand === 'number' ? { type: 'increment', field, amount: operand } : 'takes a number'
    case '$add':
    case '$remove':
      if (!isJsonArray(operand)) return 'takes an array'
      return { type: operator === '$add' ? 'add' : 'remove', field, items: operand }
    default:
      return 'is no operator; there are $increment, $add and $remove'
  }
}

const isOperator = (name: string): boolean => name.startsWith('$')

const refused = (member: string, problem: string): OpsResult => ({
  ok: false,
  error: new SluiceError('bad_request', `${member} ${problem}`, { member }),
})
