/**
 * When two writes that did not see each other compete (C1, C2): the pure heart of every policy. Which of
 * them then stands, and whether a person decides, is the field's policy in `verdict.ts`.
 */

import type { SideOperation } from '../conflicts/conflict.ts'
import type { Json } from '../json.ts'
import { jsonEqual } from '../json.ts'

export interface CompetingWrite {
  readonly operation: SideOperation
  /** The written value; null for a delete. */
  readonly value: Json
}

/** Symmetric: `clash(a, b) === clash(b, a)`. */
export function clash(a: CompetingWrite, b: CompetingWrite): boolean {
  const replacesA = a.operation === 'set' || a.operation === 'delete'
  const replacesB = b.operation === 'set' || b.operation === 'delete'
  // Increments add up, and edits within a set, list or map merge: nothing is lost.
  if (!replacesA && !replacesB) return false
  // A replacement throws away what it did not see: an increment, or an edit within the old object.
  if (replacesA !== replacesB) return true
  // Equal values are no conflict (C2).
  return a.operation !== b.operation || !jsonEqual(a.value, b.value)
}
