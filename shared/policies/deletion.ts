/** A delete and an update that did not see each other (P2, F2, F3): which of them stands. */
import type { Json } from '../json.ts'
import type { DeletePolicy } from '../schema/schema.ts'

/** What stands of a delete beside an update that it had not seen, or the other way round. */
export type DeletionVerdict = 'deleted' | 'kept' | 'held'

export function deletionVerdict(policy: DeletePolicy): DeletionVerdict {
  if (policy === 'hold') return 'held'
  return policy === 'delete-wins' ? 'deleted' : 'kept'
}

/** Positive if `a` stands, of two values of "is it deleted?". */
export function compareDeletion(policy: DeletePolicy, a: Json, b: Json): number {
  const difference = Number(a === true) - Number(b === true)
  return policy === 'update-wins' ? -difference : difference
}
