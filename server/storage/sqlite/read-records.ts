/** Reads records as readers see them, with the texts that their table shows. */
import type { JsonObject } from '../../../shared/json.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type {
  Page,
  RecordFilter,
  StoredDocument,
  StoredFields,
  StoredRecord,
  StoredText,
} from '../storage.ts'
import { COMPARTMENTS_COLUMN, readCompartments } from './compartment-rows.ts'
import { checkLimit, toPage } from './cursor.ts'
import type { ProjectionShape } from './projection-shape.ts'
import type { RecordCache } from './record-cache.ts'
import type { OrderedRow } from './record-order.ts'
import { orderOf } from './record-order.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'
import { ownStructureColumn, structureOf } from './structure-columns.ts'

/** What records are read with. */
export interface RecordReading {
  readonly sql: Statements
  readonly shape: ProjectionShape
  readonly cache: RecordCache
}

/** A row, and as what it was last written: two reads of one revision answer the same. */
interface RevisionRow {
  readonly record: number
  readonly revision: number
}

interface StoredRecordRow extends RecordKey, RevisionRow {
  readonly document_id: string
  readonly text_version: number
  readonly projected_text_version: number
  readonly heads: string
  readonly compartments: string
  readonly fields: string
  readonly disputed: string
  readonly deleted: 0 | 1
  readonly erased: string | null
  readonly created_at: string
  readonly updated_at: string
  /** Text columns, under the names that `plainOf` and `ownOf` give them. */
  readonly [column: `text:${string}`]: string | null
}

const RECORD_COLUMNS = `r.record, r.revision, r.tenant, r.collection, r.id, r.document_id, r.text_version, r.projected_text_version,
  r.heads, r.fields, r.disputed, r.deleted, r.erased, r.created_at, r.updated_at, ${COMPARTMENTS_COLUMN}`

const plainOf = (text: string) => `text:plain:${text}` as const
const ownOf = (text: string) => `text:structure:${text}` as const

export function readRecord(reading: RecordReading, key: RecordKey): StoredRecord | null {
  const row = reading.sql
    .prepare<[string, string, string], RevisionRow>(
      'SELECT record, revision FROM sluice_records WHERE tenant = ? AND collection = ? AND id = ?',
    )
    .get(key.tenant, key.collection, key.id)
  return row === undefined ? null : recordOf(reading, key.collection, row)
}

/** @throws RangeError if there is no such row: rows are never deleted. */
function recordOf(
  reading: RecordReading,
  collection: string,
  { record, revision }: RevisionRow,
): StoredRecord {
  const { sql, shape, cache } = reading
  const kept = cache.find(record, revision)
  if (kept !== null) return kept
  const texts = shape.texts.get(collection) ?? []
  const row = sql
    .prepare<[number], StoredRecordRow>(
      `SELECT ${RECORD_COLUMNS}${textColumns(texts)} FROM sluice_records AS r ${joinTable(shape, collection)}
        WHERE r.record = ?`,
    )
    .get(record)
  if (row === undefined) throw new RangeError(`there is no row ${record} of "${collection}"`)
  const stored = toRecord(row, texts)
  // A commit may have come between the two reads: what is kept is what this one has seen.
  cache.keep(row.record, row.revision, stored, charactersOf(row))
  return stored
}

const charactersOf = (row: StoredRecordRow): number =>
  Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0)

export function readFields(sql: Statements, key: RecordKey): StoredFields | null {
  const row = sql
    .prepare<[string, string, string], StoredRecordRow>(
      `SELECT ${RECORD_COLUMNS} FROM sluice_records AS r WHERE r.tenant = ? AND r.collection = ? AND r.id = ?`,
    )
    .get(key.tenant, key.collection, key.id)
  return row === undefined ? null : toFields(row)
}

export function listRecords(reading: RecordReading, filter: RecordFilter): Page<StoredRecord> {
  const { sql, shape } = reading
  const { tenant, collection, where, cursor } = filter
  if (!shape.texts.has(collection)) throw new RangeError(`"${collection}" is not a collection of the schema`)
  const limit = checkLimit(filter.limit)
  const order = orderOf(filter.order)
  const after = cursor === null ? null : order.after(cursor)
  const columns = filterColumns(shape, filter)
  const conditions = columns.map((column) => ` AND t.${quoted(column)} IS ?`)
  const isJoined = columns.length > 0 || filter.order !== undefined
  const list = sql.prepare<unknown[], RevisionRow & OrderedRow>(
    `SELECT r.record, r.revision, r.id, ${order.column} AS order_value
       FROM sluice_records AS r ${isJoined ? joinTable(shape, collection) : ''}
      WHERE r.tenant = ? AND r.collection = ? AND r.deleted = 0${conditions.join('')}${after?.sql ?? ''}
      ORDER BY ${order.by} LIMIT ?`,
  )
  const operands = [tenant, collection, ...Object.values(where).map(sqlOperand), ...(after?.operands ?? [])]
  // One snapshot, so that every record is shown as it was when it belonged to the list.
  return sql.snapshot(() =>
    toPage(
      list.all(...operands, limit + 1),
      limit,
      (row) => recordOf(reading, collection, row),
      order.position,
    ),
  )
}

export function findDocument(sql: Statements, documentId: string): StoredDocument | null {
  const row = sql
    .prepare<[string, string], RecordKey & { compartment: string }>(
      `SELECT tenant, collection, id, '' AS compartment FROM sluice_records WHERE document_id = ?
        UNION ALL SELECT tenant, collection, id, compartment FROM sluice_compartments AS c
          JOIN sluice_records USING (record) WHERE c.document_id = ?`,
    )
    .get(documentId, documentId)
  if (row === undefined) return null
  const { compartment, ...key } = row
  return { key, compartment }
}

/** Records of collections that the schema no longer has are left out: they have no columns to fill. */
export function laggingTexts(sql: Statements, shape: ProjectionShape, limit: number): readonly RecordKey[] {
  const collections = JSON.stringify([...shape.texts.keys()])
  return sql
    .prepare<[string, number], RecordKey>(
      `SELECT tenant, collection, id FROM sluice_records
        WHERE text_pending_from IS NOT NULL AND collection IN (SELECT value FROM json_each(?))
        ORDER BY text_pending_from LIMIT ?`,
    )
    .all(collections, checkLimit(limit))
}

export function scanRecords(sql: Statements, after: RecordKey | null, limit: number): readonly RecordKey[] {
  const start = after ?? { tenant: '', collection: '', id: '' }
  return sql
    .prepare<[string, string, string, number], RecordKey>(
      `SELECT tenant, collection, id FROM sluice_records WHERE (tenant, collection, id) > (?, ?, ?)
        ORDER BY tenant, collection, id LIMIT ?`,
    )
    .all(start.tenant, start.collection, start.id, checkLimit(limit))
}

/** Deleted records, and those that have text alone, have no row in their table. */
const joinTable = (shape: ProjectionShape, collection: string): string =>
  shape.texts.has(collection)
    ? `LEFT JOIN ${quoted(collection)} AS t ON t.tenant = r.tenant AND t.id = r.id`
    : ''

const textColumns = (texts: readonly string[]): string =>
  texts
    .map(
      (text) =>
        `, t.${quoted(text)} AS ${quoted(plainOf(text))}` +
        `, t.${quoted(ownStructureColumn(text))} AS ${quoted(ownOf(text))}`,
    )
    .join('')

/** @returns the columns of `where`. */
function filterColumns(
  shape: ProjectionShape,
  { collection, where, order }: RecordFilter,
): readonly string[] {
  const table = shape.tables.find(({ name }) => name === collection)
  const known = new Set(table?.columns.map(({ name }) => name))
  const columns = Object.keys(where)
  for (const column of order === undefined ? columns : [...columns, order.field])
    if (!known.has(column)) throw new RangeError(`"${collection}" has no column "${column}" to filter by`)
  return columns
}

const sqlOperand = (value: string | number | boolean | null): string | number | null =>
  typeof value === 'boolean' ? Number(value) : value

const toRecord = (row: StoredRecordRow, texts: readonly string[]): StoredRecord =>
  Object.assign(toFields(row), { texts: Object.fromEntries(texts.flatMap((text) => readText(row, text))) })

function toFields(row: StoredRecordRow): StoredFields {
  const fieldsJson = row.fields
  let fields: JsonObject | null = null
  return {
    key: { tenant: row.tenant, collection: row.collection, id: row.id },
    documentId: row.document_id,
    heads: JSON.parse(row.heads),
    compartments: readCompartments(row.compartments),
    textVersion: row.text_version,
    projectedTextVersion: row.projected_text_version,
    // Most who want them pass them on as they are.
    get fields() {
      fields ??= JSON.parse(fieldsJson) as JsonObject
      return fields
    },
    fieldsJson,
    disputed: JSON.parse(row.disputed),
    deleted: row.deleted === 1,
    erased: row.erased !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function readText(row: StoredRecordRow, text: string): readonly (readonly [string, StoredText])[] {
  const plain = row[plainOf(text)] ?? null
  const own = row[ownOf(text)] ?? null
  if (plain === null) return []
  // Most readers want the plain text alone: the structure is parsed for those who ask.
  return [
    [
      text,
      {
        plain,
        get structure() {
          return structureOf(plain, own)
        },
      },
    ],
  ]
}
