/** Vets what one operation does and the value that it carries. */
import type { DecodedOp } from './known-history.ts'

const MAKES: ReadonlySet<string> = new Set(['makeMap', 'makeList', 'makeText'])

/**
 * Bounds on counters that keep every sum exact: a record has fewer than 2^20 operations (`lastOpMax`), so no
 * history of them takes a counter beyond 2^53. There the library hands out a BigInt, on which the next honest
 * increment throws.
 */
const COUNTER_START_MAX = 2 ** 52
const COUNTER_STEP_MAX = 2 ** 32

/** The furthest moment from 1970, in ms, that a `Date` can hold. */
const TIMESTAMP_MAX = 8.64e15

/** @returns the reason to refuse the operation, or null. */
export function valueProblem(op: DecodedOp, kind: 'map' | 'list' | 'text'): string | null {
  const { action } = op
  if (action === 'del') return null
  if (MAKES.has(action))
    return kind === 'text' && action !== 'makeMap' ? 'a list or text within a text' : null
  if (action === 'inc') return stepProblem(op.value)
  if (action !== 'set') return `an action that is not known here: ${action}`
  if (kind === 'text') return textProblem(op.value)
  if (op.datatype === 'counter' && !isWithin(op.value, COUNTER_START_MAX)) return 'a counter beyond 2^52'
  if (op.datatype === 'timestamp' && !isWithin(op.value, TIMESTAMP_MAX)) return 'a time that no clock shows'
  return null
}

const textProblem = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? null : 'a text holds only characters and blocks'

const stepProblem = (value: unknown): string | null =>
  isWithin(value, COUNTER_STEP_MAX) ? null : 'an increment by more than 2^32'

const isWithin = (value: unknown, max: number): boolean => typeof value === 'number' && Math.abs(value) <= max
