/**
 * Into which documents a collection's records are divided (A7). Fields with the same rule of who may read them share a
 * compartment, which is one Automerge document, so that what a role may not read is never on the wire to it. Pure.
 */
import type { AccessRule } from './access.ts'
import type { CollectionSpec } from './schema.ts'

/** The compartment of the fields that every reader of the record may read: the record's own document. */
export const MAIN = ''

interface Layout {
  readonly byField: ReadonlyMap<string, string>
  /** Without the main one, in order. */
  readonly names: readonly string[]
}

const NO_LAYOUT: Layout = { byField: new Map(), names: [] }
const layouts = new WeakMap<CollectionSpec, Layout>()

/** Where the schema puts a field; the main compartment for one that it does not declare. */
export const compartmentOf = (collection: CollectionSpec, field: string): string =>
  layoutOf(collection).byField.get(field) ?? MAIN

/** All compartments but the main one, in order. */
export const compartmentsOf = (collection: CollectionSpec): readonly string[] => layoutOf(collection).names

/** The fields that the schema puts into a compartment. */
export const fieldsPlacedIn = (collection: CollectionSpec, compartment: string): readonly string[] =>
  [...collection.fields.keys()].filter((field) => compartmentOf(collection, field) === compartment)

/** What is wrong with the groups: linked fields are decided as one, in one document. */
export function compartmentProblems(collection: CollectionSpec): readonly string[] {
  const first = new Map<string, string>()
  return [...collection.fields].flatMap(([field, { critical }]): readonly string[] => {
    const group = critical?.group ?? null
    if (group === null) return []
    const other = first.get(group) ?? field
    first.set(group, other)
    return compartmentOf(collection, field) === compartmentOf(collection, other)
      ? []
      : [
          `Collection "${collection.name}": "${other}" and "${field}" are linked in the group "${group}", so the ` +
            'same roles have to read them; give them the same access.read.',
        ]
  })
}

function layoutOf(collection: CollectionSpec): Layout {
  if (collection.access.fields.size === 0) return NO_LAYOUT
  const known = layouts.get(collection)
  if (known !== undefined) return known
  const byField = new Map<string, string>()
  /** A function has no name of its own: it goes by the first field that has it. */
  const functions = new Map<AccessRule, string>()
  for (const field of [...collection.fields.keys()].sort()) {
    const rule = collection.access.fields.get(field)?.read
    if (rule === undefined || admitsAllReaders(collection, rule)) continue
    if (typeof rule === 'function' && !functions.has(rule)) functions.set(rule, `field:${field}`)
    byField.set(field, functions.get(rule) ?? nameOf(rule))
  }
  const layout = { byField, names: [...new Set(byField.values())].sort() }
  layouts.set(collection, layout)
  return layout
}

/** Whoever may read the record may read the field, too: the rule keeps nothing from anybody. */
function admitsAllReaders({ access }: CollectionSpec, rule: AccessRule): boolean {
  const readers = access.records.read
  if (readers === rule) return true
  return Array.isArray(readers) && Array.isArray(rule) && readers.every((role) => rule.includes(role))
}

const nameOf = (rule: AccessRule): string =>
  `roles:${typeof rule === 'function' ? '' : [...new Set(rule)].sort().map(escaped).join('+')}`

const escaped = (role: string): string => role.replace(/[%+]/g, encodeURIComponent)
