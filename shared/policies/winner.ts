/**
 * Of the writes that nobody has seen and replaced, the one in force: the field's policies in order of weight. A
 * function of the set of writes alone, so it does not matter in which order they arrived, except where the
 * policy is that order.
 */
import type { Unit } from '../schema/unit.ts'
import { compareDeletion } from './deletion.ts'
import { compareLww } from './last-write-wins.ts'
import { comparePreference } from './preference.ts'
import type { RankedWrite } from './ranked-write.ts'
import { compareStates } from './state-machine.ts'

/** @param writes in commit order. */
export function winnerOf<Write extends RankedWrite>(unit: Unit, writes: readonly Write[]): Write | undefined {
  let winner: Write | undefined
  for (const write of writes) if (winner === undefined || stands(unit, winner, write)) winner = write
  return winner
}

/** Whether the outcome depends on nothing but the writes: losers may win again, and must be remembered. */
export const isRanked = ({ spec, deletes }: Unit): boolean =>
  deletes !== null ||
  spec.transitions !== null ||
  spec.prefer !== null ||
  spec.lww !== 'received' ||
  spec.immutable

/** Whether the later committed write takes the place of the earlier one. */
function stands({ spec, deletes }: Unit, earlier: RankedWrite, later: RankedWrite): boolean {
  if (spec.immutable) return false
  const order =
    (deletes === null ? 0 : compareDeletion(deletes, later.side.value, earlier.side.value)) ||
    (spec.transitions === null ? 0 : compareStates(spec, later.side.value, earlier.side.value)) ||
    (spec.prefer === null ? 0 : comparePreference(spec.prefer, later, earlier)) ||
    compareLww(spec.lww, later, earlier)
  return order >= 0
}
