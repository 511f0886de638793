/**
 * SQL views of the projected tables for one role each (A9): the columns and child tables that the role may read, as
 * far as lists of roles say so. A rule that is a function cannot be asked by SQL, so it lets no view pass. Pure.
 */
import type { AccessRule } from '../../shared/schema/access.ts'
import type { CollectionSpec, Schema } from '../../shared/schema/schema.ts'
import {
  BUILT_IN_COLUMNS,
  childTable,
  conflictColumn,
  disputedColumn,
  layoutTables,
  structureColumn,
} from './table-layout.ts'

export interface RoleView {
  /** `<table>__<role>`. */
  readonly name: string
  readonly table: string
  readonly columns: readonly string[]
}

/** For every role that a rule of reading names; without such rules the tables are for everybody. */
export function roleViews(schema: Schema): readonly RoleView[] {
  const tables = new Map(layoutTables(schema).map((table) => [table.name, table]))
  return [...schema.values()].flatMap((collection) =>
    rolesNamed(collection)
      .filter((role) => mayRead(collection.access.records.read, role))
      .flatMap((role) =>
        readableColumns(collection, role).map(({ table, isReadable }) => ({
          name: `${table}__${role}`,
          table,
          columns: (tables.get(table)?.columns ?? []).map(({ name }) => name).filter(isReadable),
        })),
      ),
  )
}

/**
 * SQL does not tell capitals from small letters in a name: of roles that differ in nothing else none has a view, nor
 * has one whose name no SQL can hold.
 */
function rolesNamed({ access }: CollectionSpec): readonly string[] {
  const rules = [access.records.read, ...[...access.fields.values()].map(({ read }) => read)]
  const roles = [...new Set(rules.flatMap((rule) => (typeof rule === 'function' ? [] : (rule ?? []))))]
  const folded = roles.map((role) => role.toLowerCase())
  return roles
    .filter((role) => folded.filter((one) => one === role.toLowerCase()).length === 1)
    .filter((role) => !role.includes('\0'))
    .sort()
}

function readableColumns(
  { name, fields, texts, access }: CollectionSpec,
  role: string,
): readonly { readonly table: string; readonly isReadable: (column: string) => boolean }[] {
  const readable = [...fields.keys(), ...texts].filter((field) =>
    mayRead(access.fields.get(field)?.read, role),
  )
  const columns = new Set<string>([
    ...BUILT_IN_COLUMNS,
    disputedColumn('deleted'),
    conflictColumn('deleted'),
    ...readable.flatMap((field) => [
      field,
      disputedColumn(field),
      conflictColumn(field),
      structureColumn(field),
    ]),
  ])
  const children = readable.filter((field) => (fields.get(field)?.item ?? null) !== null)
  return [
    { table: name, isReadable: (column) => columns.has(column) },
    ...children.map((field) => ({ table: childTable(name, field), isReadable: () => true })),
  ]
}

const mayRead = (rule: AccessRule | undefined, role: string): boolean =>
  rule === undefined || (typeof rule !== 'function' && rule.includes(role))
