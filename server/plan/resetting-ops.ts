/** What a complete record clears, because it leaves it out. */
import { jsonEqual } from '../../shared/json.ts'
import { emptyValue } from '../../shared/policies/check-field-ops.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { RecordDraft } from './record-draft.ts'

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
      return (
        op.type === 'set' &&
        spec !== undefined &&
        !jsonEqual(draft.homeOf(op.field).valueOf(op.field, spec), op.value)
      )
    })
}

/** A counter is changed by increments, a state by transitions, and what is written once stays. */
const isCleared = ({ collection }: RecordDraft, field: string, spec: FieldSpec): boolean =>
  spec.kind !== 'counter' &&
  spec.transitions === null &&
  !spec.immutable &&
  collection.concurrency.field !== field
