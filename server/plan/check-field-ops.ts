/** Checks the operations of a semantic change against the schema before anything is written (W7). */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import { isOutOfBounds, itemProblem, stepProblem, valueProblem } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { RecordDraft } from './record-draft.ts'

/** The first thing wrong with the operations; null if they may be written. */
export function checkFieldOps(collection: CollectionSpec, ops: readonly FieldOp[]): SluiceError | null {
  for (const op of ops) {
    if (collection.texts.includes(op.field))
      return new SluiceError('invalid_value', `${op.field} is rich text: edit it through a text door`, {
        field: op.field,
      })
    const spec = collection.fields.get(op.field)
    if (spec === undefined)
      return new SluiceError('unknown_field', `${collection.name} has no field "${op.field}"`, {
        field: op.field,
      })
    const problem = opProblem(spec, op)
    if (problem !== null) {
      const code = op.type === 'set' && isOutOfBounds(spec, op.value) ? 'out_of_bounds' : 'invalid_value'
      return new SluiceError(code, `${op.field} ${problem}`, { field: op.field })
    }
  }
  return null
}

function opProblem(spec: FieldSpec, op: FieldOp): string | null {
  switch (op.type) {
    case 'set':
      if (op.value !== null) return valueProblem(spec, op.value)
      if (isContainer(spec)) return `is a ${spec.kind} and cannot be null; give it an empty value`
      if (spec.transitions !== null) return 'is always in one of its states and cannot be null'
      return spec.required && spec.default === undefined ? 'is required' : null
    case 'increment':
      if (spec.kind !== 'counter') return 'is no counter, so it cannot be incremented'
      return stepProblem(op.amount)
    case 'add':
    case 'remove':
      if (spec.kind !== 'set' && spec.kind !== 'list')
        return 'is no set or list, so items cannot be added or removed'
      return firstProblem(spec, op.items)
    case 'merge':
      if (spec.kind !== 'map') return 'is no map, so members cannot be merged into it'
      return valueProblem(
        spec,
        Object.fromEntries(Object.entries(op.members).filter(([, value]) => value !== null)),
      )
  }
}

function firstProblem(spec: FieldSpec, items: readonly Json[]): string | null {
  for (const item of items) {
    const problem = itemProblem(spec, item)
    if (problem !== null) return problem
  }
  return null
}

/**
 * Operations that clear what a complete record leaves out. A counter is left alone, since it is changed by
 * increments, unless a deleted record is created again; a field that is clear already is not written.
 */
export function resettingOps(
  draft: RecordDraft,
  ops: readonly FieldOp[],
  revives: boolean,
): readonly FieldOp[] {
  const named = new Set(ops.map(({ field }) => field))
  return [...draft.collection.fields]
    .filter(([field, spec]) => !named.has(field) && (revives || isCleared(draft, field, spec)))
    .map(([field, spec]): FieldOp => ({ type: 'set', field, value: emptyValue(spec) }))
    .filter((op) => {
      const spec = draft.specOf(op.field)
      return op.type === 'set' && spec !== undefined && !jsonEqual(draft.valueOf(op.field, spec), op.value)
    })
}

/** A counter is changed by increments, a state by transitions, and what is written once stays. */
const isCleared = ({ collection }: RecordDraft, field: string, spec: FieldSpec): boolean =>
  spec.kind !== 'counter' &&
  spec.transitions === null &&
  !spec.immutable &&
  collection.concurrency.field !== field

/** Required fields that a new record leaves out and that no default fills. */
export function missingFields(collection: CollectionSpec, ops: readonly FieldOp[]): readonly string[] {
  const named = new Set(ops.map(({ field }) => field))
  return [...collection.fields]
    .filter(([field, spec]) => spec.required && spec.default === undefined && !named.has(field))
    .map(([field]) => field)
}

/** What clears a field: a container has no null. */
export function emptyValue(spec: FieldSpec): Json {
  switch (spec.kind) {
    case 'counter':
      return 0
    case 'set':
    case 'list':
      return []
    case 'map':
      return {}
    default:
      return null
  }
}
