/** What a conflict is about, field by field: what each side says, and how it differs from what is in force. Pure. */
import type { Side } from '../../../../shared/conflicts/conflict.ts'
import type { Json } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ConflictView } from '../../../index.ts'
import { durationOf } from '../../components/value-difference.ts'

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
