/**
 * Turns what a user declared into a checked `Schema`, or into a list of problems that name the collection,
 * the field and the remedy.
 */

import type { AccessRules } from './access.ts'
import { readAccess } from './check-access.ts'
import { readOptions } from './check-options.ts'
import { policyProblems } from './check-policies.ts'
import { valueProblem } from './check-value.ts'
import { compartmentProblems } from './compartments.ts'
import type { DeclaredField, FieldSpec } from './field-spec.ts'
import { isContainer, isRegister } from './field-spec.ts'
import type { CollectionSpec, Schema } from './schema.ts'

export type SchemaCheck =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly problems: readonly string[] }

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,47}$/
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'constructor',
  'prototype',
  'tenant',
  'id',
  'created_at',
  'updated_at',
])
const RESERVED_PREFIXES = ['sluice_', 'sqlite_', 'pg_']
const GENERATED_SUFFIXES = ['_disputed', '_conflict_id', '_json']
const FIELDS_MAX = 200

/** @param config what the user's configuration module exports by default; anything at all. */
export function checkSchema(config: unknown): SchemaCheck {
  const declared = member(config, 'schema')
  if (declared === null || typeof declared !== 'object')
    return {
      ok: false,
      problems: ['The configuration has no schema: export default defineConfig({ schema: { … } }).'],
    }

  const problems: string[] = []
  const schema = new Map<string, CollectionSpec>()
  for (const [name, value] of Object.entries(declared)) {
    problems.push(...collectionNameProblems(name))
    const fields = member(value, 'fields')
    if (fields === null || typeof fields !== 'object') {
      problems.push(`Collection "${name}" is not a collection: write ${name}: collection({ … }).`)
      continue
    }
    const collection = readFields(name, Object.entries(fields), problems)
    const spec = { ...collection, ...readOptions(collection, member(value, 'options') ?? {}, problems) }
    problems.push(...compartmentProblems(spec))
    schema.set(name, spec)
  }
  if (schema.size === 0 && problems.length === 0)
    problems.push('The schema has no collections: declare at least one with collection({ … }).')
  problems.push(...tableNameProblems(schema))
  return problems.length === 0 ? { ok: true, schema } : { ok: false, problems }
}

function readFields(
  name: string,
  fields: readonly (readonly [string, unknown])[],
  problems: string[],
): Pick<CollectionSpec, 'name' | 'fields' | 'texts' | 'access'> {
  const rules = new Map<string, AccessRules>()
  const access = { records: {}, fields: rules }
  const collection = { name, fields: new Map<string, FieldSpec>(), texts: [] as string[], access }
  if (fields.length === 0) problems.push(`Collection "${name}" has no fields: declare at least one.`)
  if (fields.length > FIELDS_MAX)
    problems.push(`Collection "${name}" has ${fields.length} fields, the limit is ${FIELDS_MAX}: split it.`)
  const taken = new Map<string, string>()
  for (const [field, declared] of fields) {
    const declaredSpec = member(declared, 'spec')
    if (!isSpec(declaredSpec)) {
      problems.push(`Field "${field}" of collection "${name}" is not a field: use s.string(), s.number(), ….`)
      continue
    }
    const { access: declaredAccess, ...spec } = declaredSpec
    problems.push(...fieldNameProblems(name, field, taken), ...fieldProblems(name, field, spec))
    if (declaredAccess !== undefined)
      rules.set(field, readAccess(`Field "${field}" of collection "${name}"`, declaredAccess, problems))
    if (spec.kind === 'text' && declaredAccess?.resolve !== undefined)
      problems.push(
        `Field "${field}" of collection "${name}": rich text has no conflicts; remove its access.resolve.`,
      )
    if (spec.kind === 'text') collection.texts.push(field)
    else collection.fields.set(field, spec)
  }
  return collection
}

function collectionNameProblems(name: string): readonly string[] {
  if (!NAME.test(name))
    return [`Collection "${name}": a name is a letter followed by up to 47 letters, digits or underscores.`]
  const prefix = RESERVED_PREFIXES.find((reserved) => name.toLowerCase().startsWith(reserved))
  return prefix === undefined
    ? []
    : [`Collection "${name}": names that start with "${prefix}" are reserved; rename it.`]
}

function fieldNameProblems(collection: string, field: string, taken: Map<string, string>): readonly string[] {
  const where = `Field "${field}" of collection "${collection}"`
  if (!NAME.test(field))
    return [`${where}: a name is a letter followed by up to 47 letters, digits or underscores.`]
  const folded = field.toLowerCase()
  if (RESERVED_NAMES.has(folded))
    return [`${where}: the name is reserved for a column of every table; rename it.`]
  const suffix = GENERATED_SUFFIXES.find((ending) => folded.endsWith(ending))
  if (suffix !== undefined)
    return [`${where}: names that end in "${suffix}" are reserved for generated columns; rename it.`]
  const twin = taken.get(folded)
  taken.set(folded, field)
  return twin === undefined
    ? []
    : [`${where}: it differs from "${twin}" only in case, which SQL does not see; rename one.`]
}

function fieldProblems(collection: string, field: string, spec: FieldSpec): readonly string[] {
  const where = `Field "${field}" of collection "${collection}"`
  const problems: string[] = []
  problems.push(...policyProblems(where, spec))
  if (spec.kind === 'enum' && (spec.values.length === 0 || new Set(spec.values).size !== spec.values.length))
    problems.push(`${where}: an enum needs at least one value, and each only once.`)
  if (isContainer(spec) && (spec.default !== undefined || spec.required))
    problems.push(
      `${where}: a ${spec.kind} always has a value and starts empty; remove .default() and .required().`,
    )
  else if (spec.default !== undefined) {
    const problem = valueProblem(spec, spec.default)
    if (problem !== null) problems.push(`${where}: its default does not fit: it ${problem}.`)
  }
  problems.push(...itemProblems(where, spec))
  return problems
}

function itemProblems(where: string, spec: FieldSpec): readonly string[] {
  if (spec.item === null) return []
  if (!isRegister(spec.item))
    return [
      `${where}: a ${spec.kind} holds plain values, not a ${spec.item.kind}; use s.json() for nested data.`,
    ]
  if (member(spec.item, 'access') !== undefined)
    return [`${where}: declare the access of the ${spec.kind}, not of what it holds.`]
  if (spec.item.critical !== null) return [`${where}: mark the ${spec.kind} critical, not what it holds.`]
  if (spec.kind === 'set' && !['string', 'number', 'enum'].includes(spec.item.kind))
    return [`${where}: a set holds strings, numbers or enum values, not ${spec.item.kind}; use s.list().`]
  return []
}

/** Collections and the child tables of their fields share one space of SQL names. */
function tableNameProblems(schema: Schema): readonly string[] {
  const tables = new Map<string, string>()
  const problems: string[] = []
  const claim = (table: string, owner: string): void => {
    const other = tables.get(table.toLowerCase())
    if (other !== undefined)
      problems.push(`${owner} and ${other} both need the SQL table "${table}"; rename one.`)
    tables.set(table.toLowerCase(), owner)
  }
  for (const name of schema.keys()) claim(name, `Collection "${name}"`)
  for (const collection of schema.values())
    for (const [field, spec] of collection.fields)
      if (spec.item !== null)
        claim(`${collection.name}_${field}`, `Field "${field}" of collection "${collection.name}"`)
  return problems
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : null

const isSpec = (value: unknown): value is DeclaredField => typeof member(value, 'kind') === 'string'
