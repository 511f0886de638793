/** Planning in steps, between which others may have their turn (W6). */
import type { FieldWrites } from '../../shared/merge/field-writes.ts'
import type { RecordDraft } from './record-draft.ts'

/** A pause is where it yields. */
export type PlanSteps<T> = Generator<void, T>

/** Operations of a change that is worth several steps. */
export const LARGE_OPS_MIN = 200

/** Takes all steps, one after the other. */
export function atOnce<T>(steps: PlanSteps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Makes the values of a large change that are going to be asked for. */
export function* makeValues(draft: RecordDraft, { keys }: Pick<FieldWrites, 'keys'>): PlanSteps<void> {
  yield
  for (const key of keys) {
    const spec = draft.specOf(key)
    yield
    if (spec !== undefined) draft.valueOf(key, spec)
  }
  yield
}
