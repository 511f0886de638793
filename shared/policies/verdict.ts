/**
 * What becomes of a write, given the writes it did not see: the field's policy over one notion of
 * concurrency. Pure, so that the same history yields the same verdicts on every node and replay (C3).
 */

import type { FieldSpec } from '../schema/field-spec.ts'
import { isContainer } from '../schema/field-spec.ts'
import type { CompetingWrite } from './clash.ts'
import { clash } from './clash.ts'

export type Verdict<Write> =
  /** Nobody else had written without seeing it, or nobody who disagrees. */
  | { readonly outcome: 'applied'; readonly agreesWith: readonly Write[] }
  /** In force beside concurrent writes. `superseded` are those that it replaces, by order of receipt. */
  | { readonly outcome: 'merged'; readonly superseded: readonly Write[] }
  /** A person decides; `against` are the writes it competes with, newest last. */
  | { readonly outcome: 'held'; readonly against: readonly [Write, ...Write[]] }

/**
 * @param unseen writes in force that the author of `write` had not seen, and whose authors had not seen it,
 * in commit order.
 */
export function verdictOn<Write extends CompetingWrite>(
  spec: FieldSpec,
  write: CompetingWrite,
  unseen: readonly Write[],
): Verdict<Write> {
  const [first, ...more] = unseen.filter((other) => clash(other, write))
  if (first === undefined) {
    const isEdit = write.operation === 'increment' || write.operation === 'edit'
    return isEdit && unseen.length > 0
      ? { outcome: 'merged', superseded: [] }
      : { outcome: 'applied', agreesWith: unseen }
  }
  return holds(spec, write, [first, ...more])
    ? { outcome: 'held', against: [first, ...more] }
    : { outcome: 'merged', superseded: [first, ...more] }
}

/**
 * Critical fields wait for a person. So does a set, list or map that one author replaced while another worked
 * on it, and a counter that was reset beside an increment: either order would lose work without a word.
 */
function holds(spec: FieldSpec, write: CompetingWrite, against: readonly CompetingWrite[]): boolean {
  if (spec.critical !== null) return true
  if (spec.kind === 'counter') return [write, ...against].some((one) => one.operation === 'increment')
  return isContainer(spec)
}
