/** What a conflict is about, field by field: what each side says, and how it differs from what is in force. Pure. */
import type { Side } from '../../../../shared/conflicts/conflict.ts'
import type { Json } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ConflictView } from '../../../index.ts'

/** Linked fields have an object with a member for each; of one field the value is the value. */
export function valueOfField(fields: readonly string[], value: Json, field: string): Json | undefined {
  if (fields.length === 1 && fields[0] === field) return value
  return isJsonObject(value) ? value[field] : undefined
}

export const specOf = (collection: CollectionSpec | undefined, field: string): FieldSpec | null =>
  collection?.fields.get(field) ?? null

/** Sides that stand, the one in force first. */
export const sidesOf = ({ incumbent, alongside, challengers }: ConflictView): readonly Side[] => [
  incumbent,
  ...alongside,
  ...challengers.filter(({ supersededBy }) => supersededBy === null),
]

/** What a side would do, in words: values for themselves, the rest by what it is. */
export function operationOf({ operation }: Side): string | null {
  if (operation === 'delete') return 'delete'
  if (operation === 'increment') return 'add'
  if (operation === 'update') return 'update of other fields'
  return null
}

/** By how much a number or a date differs from the one in force; null where that says nothing. */
export function differenceOf(
  spec: Pick<FieldSpec, 'kind'> | null,
  inForce: Json | undefined,
  value: Json | undefined,
): string | null {
  if (typeof inForce === 'number' && typeof value === 'number') {
    const difference = Number((value - inForce).toPrecision(12))
    if (difference === 0) return 'the same'
    const percent = inForce === 0 ? '' : `, ${signed(Math.round((difference / Math.abs(inForce)) * 100))} %`
    return `${signed(difference)}${percent}`
  }
  if (spec?.kind === 'date' && typeof inForce === 'string' && typeof value === 'string') {
    const ms = Date.parse(value) - Date.parse(inForce)
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

/** How long after it was made a write has arrived; null if it says not when it was made, or came at once. */
export function delayOf({ claimedAt, receivedAt }: Side): string | null {
  if (claimedAt === null) return null
  const ms = Date.parse(receivedAt) - Date.parse(claimedAt)
  return ms < OFFLINE_MS ? null : durationOf(ms)
}

/** What comes later than that was not sent at once. */
const OFFLINE_MS = 10_000

/** Events that taking this value would fire. */
export function eventsOf(
  collection: CollectionSpec | undefined,
  fields: readonly string[],
  value: Json,
): readonly string[] {
  return fields.flatMap((field) => {
    const spec = specOf(collection, field)
    const own = valueOfField(fields, value, field)
    const event = typeof own === 'string' ? spec?.emits?.[own] : undefined
    return event === undefined ? [] : [event]
  })
}
