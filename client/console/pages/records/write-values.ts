/** Makes a record's fields hold other values, as each kind of field merges best: what was added, not what the sum is. Pure. */
import type { Json, JsonObject } from '../../../../shared/json.ts'
import { isJsonArray, isJsonObject, jsonEqual } from '../../../../shared/json.ts'
import { emptyValue } from '../../../../shared/policies/check-field-ops.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { CounterDraft, ListDraft, MapDraft } from '../../../typed/draft-types.ts'

/** What `change` and `submit` give to write to; its shape is the schema's, which is known when it runs. */
export type AnyDraft = object

/** @param from what the person has before him. */
export function writeValues(
  collection: CollectionSpec,
  draft: AnyDraft,
  values: Readonly<Record<string, { readonly from: Json; readonly to: Json }>>,
): void {
  for (const [field, { from, to }] of Object.entries(values)) {
    const spec = collection.fields.get(field)
    if (spec === undefined || jsonEqual(from, to)) continue
    const own = draft as Record<string, unknown>
    const next = to ?? emptyValue(spec)
    switch (spec.kind) {
      case 'counter':
        ;(own[field] as CounterDraft).increment(Number(next) - Number(from ?? 0))
        break
      case 'set':
      case 'list':
        ;(own[field] as ListDraft<Json>).replace(isJsonArray(next) ? next : [])
        break
      case 'map':
        writeMembers(own[field] as MapDraft<Json>, membersOf(from), membersOf(next))
        break
      default:
        own[field] = next
    }
  }
}

function writeMembers(draft: MapDraft<Json>, from: JsonObject, to: JsonObject): void {
  for (const key of Object.keys(from)) if (!(key in to)) draft.delete(key)
  for (const [key, value] of Object.entries(to))
    if (!jsonEqual(from[key] ?? null, value)) draft.set(key, value)
}

const membersOf = (value: Json): JsonObject => (isJsonObject(value) ? value : {})

export interface FieldDifference {
  readonly field: string
  readonly before: Json
  readonly after: Json
}

/** Fields that one moment has otherwise than another. A field that one of them does not tell is left out. */
export function differencesOf(
  collection: CollectionSpec,
  before: JsonObject,
  after: JsonObject,
): readonly FieldDifference[] {
  return [...collection.fields.keys()].flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    return was === undefined || is === undefined || jsonEqual(was, is)
      ? []
      : [{ field, before: was, after: is }]
  })
}
