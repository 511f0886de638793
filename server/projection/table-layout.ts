/**
 * Which SQL tables a schema projects to (S1): one per collection with a column per scalar field, a child
 * table per set, list and map. Pure and the same for every driver; a driver only maps column types.
 */
import type { Json } from '../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../shared/json.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec, Schema } from '../../shared/schema/schema.ts'
import type { RecordView } from '../plan/plan.ts'

export type SqlValue = null | number | string
export type SqlRow = Readonly<Record<string, SqlValue>>

export type TableWrite =
  /** Inserts the row or updates its named columns, by `(tenant, id)`. */
  | { readonly op: 'upsert'; readonly table: string; readonly row: SqlRow }
  /** Deletes the row `(tenant, id)`. */
  | { readonly op: 'delete'; readonly table: string; readonly tenant: string; readonly id: string }
  /** Replaces all child rows of `(tenant, record_id)`. */
  | {
      readonly op: 'replace'
      readonly table: string
      readonly tenant: string
      readonly recordId: string
      readonly rows: readonly SqlRow[]
    }
  /** Of the child rows of `(tenant, record_id)`: deletes those, and inserts or updates these, told apart by `by`. */
  | {
      readonly op: 'change'
      readonly table: string
      readonly tenant: string
      readonly recordId: string
      readonly by: ChildKey
      readonly removed: readonly SqlValue[]
      readonly rows: readonly SqlRow[]
    }

/** Which column tells the child rows of one record apart: of a map `key`, of a set or list `position`. */
export type ChildKey = 'position' | 'key'

export type ColumnType = 'text' | 'integer' | 'real' | 'json' | 'any'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly notNull?: boolean
  /** The text whose structure it shows: a driver may hold it in another form. */
  readonly structureOf?: string
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
}

/** Columns that every collection table has; a field may not take their names. */
export const BUILT_IN_COLUMNS = ['tenant', 'id', 'created_at', 'updated_at'] as const

export const disputedColumn = (field: string): string => `${field}_disputed`
export const conflictColumn = (field: string): string => `${field}_conflict_id`
export const structureColumn = (text: string): string => `${text}_json`
export const childTable = (collection: string, field: string): string => `${collection}_${field}`

const isChildKind = (spec: FieldSpec): boolean =>
  spec.kind === 'set' || spec.kind === 'list' || spec.kind === 'map'

const columnTypes: Readonly<Record<FieldSpec['kind'], ColumnType>> = {
  string: 'text',
  enum: 'text',
  date: 'text',
  number: 'real',
  counter: 'integer',
  boolean: 'integer',
  json: 'json',
  set: 'any',
  list: 'any',
  map: 'any',
  text: 'text',
}

export function layoutTables(schema: Schema): readonly Table[] {
  return [...schema.values()].flatMap((collection) => [mainTable(collection), ...childTables(collection)])
}

function mainTable(collection: CollectionSpec): Table {
  const columns: Column[] = [
    { name: 'tenant', type: 'text', notNull: true },
    { name: 'id', type: 'text', notNull: true },
  ]
  for (const [name, spec] of collection.fields) {
    if (!isChildKind(spec)) columns.push({ name, type: columnTypes[spec.kind] })
    if (canBeDisputed(spec))
      columns.push(
        { name: disputedColumn(name), type: 'integer' },
        { name: conflictColumn(name), type: 'text' },
      )
  }
  if (collection.deletes === 'hold')
    columns.push(
      { name: disputedColumn('deleted'), type: 'integer' },
      { name: conflictColumn('deleted'), type: 'text' },
    )
  for (const text of collection.texts)
    columns.push(
      { name: text, type: 'text' },
      { name: structureColumn(text), type: 'json', structureOf: text },
    )
  columns.push({ name: 'created_at', type: 'text' }, { name: 'updated_at', type: 'text' })
  return { name: collection.name, columns, primaryKey: ['tenant', 'id'] }
}

/** Critical fields, and containers, whose replacement beside an edit is a conflict of its own (C1). */
const canBeDisputed = (spec: FieldSpec): boolean =>
  spec.critical !== null || isChildKind(spec) || spec.kind === 'counter'

function childTables(collection: CollectionSpec): readonly Table[] {
  const owner: Column[] = [
    { name: 'tenant', type: 'text', notNull: true },
    { name: 'record_id', type: 'text', notNull: true },
  ]
  return [...collection.fields]
    .filter(([, spec]) => isChildKind(spec))
    .map(([name, spec]) => {
      const position: Column =
        spec.kind === 'map'
          ? { name: 'key', type: 'text', notNull: true }
          : { name: 'position', type: 'integer', notNull: true }
      const value: Column = { name: 'value', type: spec.item === null ? 'any' : columnTypes[spec.item.kind] }
      return {
        name: childTable(collection.name, name),
        columns: [...owner, position, value],
        primaryKey: ['tenant', 'record_id', position.name],
      }
    })
}

/** Of whose records the earlier view is worth knowing: only of child rows is less written than there is. */
export const hasChildTables = ({ fields }: Pick<CollectionSpec, 'fields'>): boolean =>
  [...fields.values()].some(isChildKind)

/**
 * The rows that show a record's fields (S1). Text columns are left alone: they follow later (S2).
 * @param shown what the tables show so far, so that an item more costs a row and not all of them; null if that is not known.
 */
export function recordTableWrites(
  collection: CollectionSpec,
  key: RecordKey,
  view: RecordView,
  stamps: { readonly createdAt: string; readonly updatedAt: string },
  shown: RecordView | null = null,
): readonly TableWrite[] {
  if (collection.fields.size === 0 && collection.texts.length === 0) return []
  const children = [...collection.fields].filter(([, spec]) => isChildKind(spec))
  const replaced = children.flatMap(([name, spec]): readonly TableWrite[] => {
    const place = { table: childTable(collection.name, name), tenant: key.tenant, recordId: key.id }
    const after = valueIn(view, name)
    if (shown === null) return [{ op: 'replace', ...place, rows: childRows(key, spec, after) }]
    const before = valueIn(shown, name)
    return before === after ? [] : rowChange(place, spec, before, after)
  })
  if (view.deleted)
    return [{ op: 'delete', table: collection.name, tenant: key.tenant, id: key.id }, ...replaced]

  const row: Record<string, SqlValue> = { tenant: key.tenant, id: key.id }
  for (const [name, spec] of collection.fields) {
    if (!isChildKind(spec)) row[name] = sqlValue(spec, view.fields[name] ?? null)
    if (!canBeDisputed(spec)) continue
    const dispute = view.disputed[name]
    row[disputedColumn(name)] = dispute === undefined ? 0 : 1
    row[conflictColumn(name)] = dispute?.conflictId ?? null
  }
  if (collection.deletes === 'hold') {
    const dispute = view.disputed[DELETED_KEY]
    row[disputedColumn('deleted')] = dispute === undefined ? 0 : 1
    row[conflictColumn('deleted')] = dispute?.conflictId ?? null
  }
  row.created_at = stamps.createdAt
  row.updated_at = stamps.updatedAt
  return [{ op: 'upsert', table: collection.name, row }, ...replaced]
}

const valueIn = ({ deleted, fields }: RecordView, field: string): Json =>
  deleted ? null : (fields[field] ?? null)

type ChildPlace = Pick<Extract<TableWrite, { op: 'change' }>, 'table' | 'tenant' | 'recordId'>

/** Of a large set mostly the same is shown as before, so rows are made of what differs alone. */
function rowChange(place: ChildPlace, spec: FieldSpec, before: Json, after: Json): readonly TableWrite[] {
  const { item } = spec
  if (item === null) return []
  if (isJsonArray(before) && isJsonArray(after)) return positionChange(place, item, before, after)
  const by = spec.kind === 'map' ? 'key' : 'position'
  const [stale, next] = [membersOf(before), membersOf(after)]
  const owner = { tenant: place.tenant, record_id: place.recordId }
  const rows: SqlRow[] = []
  for (const [name, element] of next.entries()) {
    const old = stale.get(name)
    if (old === element) continue
    const value = sqlValue(item, element)
    if (old === undefined || sqlValue(item, old) !== value) rows.push({ ...owner, [by]: name, value })
  }
  const removed = [...stale.keys()].filter((name) => !next.has(name))
  return rows.length === 0 && removed.length === 0 ? [] : [{ op: 'change', ...place, by, removed, rows }]
}

function positionChange(
  place: ChildPlace,
  item: FieldSpec,
  before: readonly Json[],
  after: readonly Json[],
): readonly TableWrite[] {
  const rows: SqlRow[] = []
  for (const [position, element] of after.entries()) {
    const old = before[position]
    if (old === element) continue
    const value = sqlValue(item, element)
    if (old === undefined || sqlValue(item, old) !== value)
      rows.push({ tenant: place.tenant, record_id: place.recordId, position, value })
  }
  const removed = before.slice(after.length).map((_, index) => after.length + index)
  if (rows.length === 0 && removed.length === 0) return []
  return [{ op: 'change', ...place, by: 'position', removed, rows }]
}

const membersOf = (value: Json): ReadonlyMap<string | number, Json> =>
  new Map<string | number, Json>(
    isJsonArray(value) ? value.entries() : isJsonObject(value) ? Object.entries(value) : [],
  )

function childRows(key: RecordKey, spec: FieldSpec, value: Json): readonly SqlRow[] {
  const owner = { tenant: key.tenant, record_id: key.id }
  const item = spec.item
  if (item === null) return []
  if (isJsonArray(value))
    return value.map((element, position) => ({ ...owner, position, value: sqlValue(item, element) }))
  if (isJsonObject(value))
    return Object.entries(value).map(([name, element]) => ({
      ...owner,
      key: name,
      value: sqlValue(item, element),
    }))
  return []
}

function sqlValue(spec: FieldSpec, value: Json): SqlValue {
  if (value === null) return null
  if (spec.kind === 'json' || typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  return value
}
