/** How one value of a field differs from another, in words. Pure. */
import type { Json } from '../../../shared/json.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'

/** By how much a number or a date differs from the one before; null where that says nothing. */
export function differenceOf(
  spec: Pick<FieldSpec, 'kind'> | null,
  before: Json | undefined,
  value: Json | undefined,
): string | null {
  if (typeof before === 'number' && typeof value === 'number') {
    const difference = Number((value - before).toPrecision(12))
    if (difference === 0) return 'the same'
    const percent = before === 0 ? '' : `, ${signed(Math.round((difference / Math.abs(before)) * 100))} %`
    return `${signed(difference)}${percent}`
  }
  if (spec?.kind === 'date' && typeof before === 'string' && typeof value === 'string') {
    const ms = Date.parse(value) - Date.parse(before)
    if (Number.isNaN(ms)) return null
    return ms === 0 ? 'the same' : `${durationOf(Math.abs(ms))} ${ms > 0 ? 'later' : 'earlier'}`
  }
  return null
}

const signed = (value: number): string => (value > 0 ? `+${value}` : `−${Math.abs(value)}`)

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** @param ms 0 or more. `3 days`, `40 seconds`. */
export function durationOf(ms: number): string {
  for (const [unit, length] of UNITS) {
    const count = Math.floor(ms / length)
    if (count > 0) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return 'less than a second'
}

/** Whether two texts share enough for their difference to be easier to read than they are. */
export function isRewording(before: string, after: string): boolean {
  // A word or two is read at a glance.
  if (!before.trim().includes(' ') || !after.trim().includes(' ')) return false
  const words = (text: string): readonly string[] => text.toLowerCase().split(/\s+/)
  const known = new Set(words(before))
  const own = words(after)
  const shared = own.filter((word) => known.has(word)).length
  return shared * 2 > Math.max(known.size, own.length)
}
