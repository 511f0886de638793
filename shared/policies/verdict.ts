/**
 * What becomes of a write, given the writes it did not see: the field's policy over one notion of
 * concurrency. Pure, so that the same history yields the same verdicts on every node and replay (C3).
 */
import { jsonEqual } from '../json.ts'
import type { FieldSpec } from '../schema/field-spec.ts'
import { isContainer } from '../schema/field-spec.ts'
import type { Unit } from '../schema/unit.ts'
import type { CompetingWrite } from './clash.ts'
import { clash } from './clash.ts'
import type { RankedWrite } from './ranked-write.ts'
import { isRanked, winnerOf } from './winner.ts'

export type Verdict<Write> =
  | {
      /**
       * `applied`: nobody else had written without seeing it, or nobody who disagrees. `merged`: in force beside
       * concurrent writes, or in the place of some. `superseded`: another write is in force.
       */
      readonly outcome: 'applied' | 'merged' | 'superseded'
      /** The writes that nobody has seen and replaced, in commit order. */
      readonly frontier: readonly Write[]
      /** Writes that were in force, and are not any more. */
      readonly displaced: readonly Write[]
      /** It says what a concurrent write in force says (C2). */
      readonly agrees: boolean
      /** The write in force. Of a set, list, map or counter all are. */
      readonly winner: Write
    }
  /** A person decides; `against` are the writes it competes with, newest last. */
  | { readonly outcome: 'held'; readonly against: readonly [Write, ...Write[]] }

export interface Weighing<Write> {
  readonly unit: Unit
  readonly write: Write
  /** The writes that nobody had seen and replaced before this one came, in commit order. */
  readonly frontier: readonly Write[]
  /** Those of them that its author had not seen. */
  readonly unseen: readonly Write[]
  /** The increments that did not see each other break the counter's bounds together. */
  readonly isBreach: boolean
}

export function verdictOn<Write extends RankedWrite>(weighing: Weighing<Write>): Verdict<Write> {
  const { unit, write, frontier, unseen, isBreach } = weighing
  const standing = unseen.filter((other) => isInForce(unit, frontier, other))
  const [first, ...more] = standing.filter((other) => isBreach || clash(other.side, write.side))
  if (
    first !== undefined &&
    (isBreach || holds(unit.spec, write.side, [first.side, ...more.map(({ side }) => side)]))
  )
    return { outcome: 'held', against: [first, ...more] }
  return isContainer(unit.spec)
    ? mergedWith(
        write,
        unseen,
        unseen.filter((other) => clash(other.side, write.side)),
      )
    : ranked(weighing)
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

/** In a set, list, map or counter everything stands, but for resets that another reset has replaced. */
function mergedWith<Write extends RankedWrite>(
  write: Write,
  unseen: readonly Write[],
  replaced: readonly Write[],
): Verdict<Write> {
  const isEdit = write.side.operation === 'increment' || write.side.operation === 'edit'
  const frontier = [...unseen.filter((other) => !replaced.includes(other)), write]
  const isBeside = replaced.length > 0 || (isEdit && unseen.length > 0)
  const agrees = !isBeside && unseen.length > 0
  return { outcome: isBeside ? 'merged' : 'applied', frontier, displaced: replaced, agrees, winner: write }
}

function ranked<Write extends RankedWrite>({
  unit,
  write,
  frontier,
  unseen,
}: Weighing<Write>): Verdict<Write> {
  const standing = [...unseen, write]
  const winner = winnerOf(unit, standing) ?? write
  const isDisplaced = (other: Write): boolean =>
    isInForce(unit, frontier, other) && !jsonEqual(other.side.value, winner.side.value)
  const displaced = unseen.filter(isDisplaced)
  const isWinning = jsonEqual(write.side.value, winner.side.value)
  const agrees = isWinning && unseen.some((other) => isInForce(unit, frontier, other) && !isDisplaced(other))
  return {
    outcome: isWinning ? (displaced.length > 0 ? 'merged' : 'applied') : 'superseded',
    // By order of receipt a loser never wins again.
    frontier: isRanked(unit)
      ? standing
      : standing.filter((one) => jsonEqual(one.side.value, winner.side.value)),
    displaced,
    agrees,
    winner,
  }
}

/** A register shows one value; writes beside it that lost to it are in force only if they say the same. */
function isInForce<Write extends RankedWrite>(unit: Unit, frontier: readonly Write[], write: Write): boolean {
  if (isContainer(unit.spec)) return true
  const winner = winnerOf(unit, frontier)
  return winner === undefined || jsonEqual(winner.side.value, write.side.value)
}
