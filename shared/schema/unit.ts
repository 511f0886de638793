/**
 * What is decided as one: a field of its own, or the fields of a critical group. Competing writes, conflicts and
 * what is in force are kept per unit, so that a mix of linked fields which nobody entered never appears.
 */
import type { Json } from '../json.ts'
import { isJsonObject } from '../json.ts'
import { DELETED_KEY } from '../record/reserved-keys.ts'
import type { FieldSpec } from './field-spec.ts'
import { HELD, plainSpec } from './field-spec.ts'
import type { CollectionSpec, DeletePolicy } from './schema.ts'

export interface Unit {
  /** The field's name, or `group:` and the group's. */
  readonly key: string
  readonly fields: readonly string[]
  /** Its value is an object of its fields' values; otherwise the field's own. */
  readonly isGroup: boolean
  /** The policy by which it is judged. */
  readonly spec: FieldSpec
  /** False for a field that the schema does not have: it is kept, and nothing else (R4). */
  readonly isKnown: boolean
  /** Whether the record is deleted. */
  readonly deletes: DeletePolicy | null
}

const known = new WeakMap<CollectionSpec, Map<string, Unit>>()

export function unitOf(collection: CollectionSpec, field: string): Unit {
  let units = known.get(collection)
  if (units === undefined) {
    units = new Map(unitsOf(collection).flatMap((unit) => unit.fields.map((name) => [name, unit] as const)))
    known.set(collection, units)
  }
  return units.get(field) ?? { ...single(field, plainSpec('json')), isKnown: false }
}

const all = new WeakMap<CollectionSpec, readonly Unit[]>()

/** All units of a collection, `_deleted` last. */
export function unitsOf(collection: CollectionSpec): readonly Unit[] {
  let units = all.get(collection)
  if (units === undefined) {
    units = makeUnits(collection)
    all.set(collection, units)
  }
  return units
}

function makeUnits(collection: CollectionSpec): readonly Unit[] {
  const groups = new Map<string, string[]>()
  const units: Unit[] = []
  for (const [field, spec] of collection.fields) {
    const group = spec.critical?.group ?? null
    if (group === null) units.push(single(field, spec))
    else groups.set(group, [...(groups.get(group) ?? []), field])
  }
  for (const [group, fields] of groups) units.push(groupUnit(collection, group, fields))
  return [...units, deletionUnit(collection.deletes)]
}

/** The value of one field in a unit's value. */
export const fieldValueIn = (unit: Pick<Unit, 'isGroup'>, value: Json, field: string): Json =>
  unit.isGroup ? (isJsonObject(value) ? (value[field] ?? null) : null) : value

const single = (field: string, spec: FieldSpec): Unit => ({
  key: field,
  fields: [field],
  isGroup: false,
  spec,
  isKnown: true,
  deletes: null,
})

const deletionUnit = (deletes: DeletePolicy): Unit => ({
  ...single(DELETED_KEY, { ...plainSpec('boolean'), critical: deletes === 'hold' ? HELD : null }),
  deletes,
})

/** The strictest rule of its fields is the group's. */
function groupUnit(collection: CollectionSpec, group: string, fields: readonly string[]): Unit {
  const rules = fields.map((field) => collection.fields.get(field)?.critical ?? HELD)
  const critical = {
    group,
    resolvers: [...new Set(rules.flatMap(({ resolvers }) => resolvers))],
    approvals: Math.max(...rules.map(({ approvals }) => approvals)),
    hold: rules.some(({ hold }) => hold === 'base') ? ('base' as const) : ('incumbent' as const),
  }
  return {
    key: `group:${group}`,
    fields,
    isGroup: true,
    spec: { ...plainSpec('json'), critical },
    isKnown: true,
    deletes: null,
  }
}
