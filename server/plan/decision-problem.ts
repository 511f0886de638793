/** Checks the value of a decision against the schema: of linked fields each one has to be given. */
import type { Json } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import { valueProblem } from '../../shared/schema/check-value.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import type { RecordDraft } from './record-draft.ts'

export interface DecisionProblem {
  readonly field: string
  readonly reason: string
}

export function decisionProblem(draft: RecordDraft, unit: Unit, value: Json): DecisionProblem | null {
  if (unit.deletes !== null)
    return typeof value === 'boolean' ? null : { field: unit.key, reason: 'a deletion is true or false' }
  if (unit.isGroup && !isJsonObject(value))
    return {
      field: unit.fields.join(', '),
      reason: `${unit.fields.join(', ')} are decided together: give all values`,
    }
  for (const field of unit.fields) {
    if (unit.isGroup && isJsonObject(value) && !Object.hasOwn(value, field))
      return { field, reason: `${field} is decided together with other fields: give its value, too` }
    const problem = fieldProblem(draft, field, fieldValueIn(unit, value, field))
    if (problem !== null) return { field, reason: `${field} ${problem}` }
  }
  const other =
    unit.isGroup && isJsonObject(value)
      ? Object.keys(value).find((name) => !unit.fields.includes(name))
      : undefined
  return other === undefined ? null : { field: other, reason: `${other} is not part of the conflict` }
}

function fieldProblem(draft: RecordDraft, field: string, value: Json): string | null {
  const spec = draft.specOf(field)
  if (spec === undefined) return 'is no field any more'
  if (value !== null) return valueProblem(spec, value)
  return spec.required && spec.default === undefined ? 'is required' : null
}
