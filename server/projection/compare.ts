/** Compares what is stored with what the journal alone gives (S3): tables, conflicts and change log. */

import { canonicalJson } from '../../shared/json.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { roomName } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import { plainCollection } from '../../shared/schema/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { logDifferences } from './compare-log.ts'
import type { ExpectedRecord } from './expected-tables.ts'
import { expectedRecord } from './expected-tables.ts'
import { allRecords } from './rebuild.ts'
import type { SqlRow } from './table-layout.ts'
import { structureColumn } from './table-layout.ts'
import type { TextMaterializer } from './text-materializer.ts'

export interface CompareParts {
  readonly storage: Storage
  readonly schema: Schema
  readonly materializer: Pick<TextMaterializer, 'materialize'>
}

export interface Comparison {
  readonly records: number
  /** What differs, a sentence each; empty if the tables equal the journal. */
  readonly differences: readonly string[]
}

export async function compareProjection({
  storage,
  schema,
  materializer,
}: CompareParts): Promise<Comparison> {
  const differences: string[] = []
  const expectedCounts = new Map<string, number>()
  let records = 0
  for await (const key of allRecords(storage)) {
    // What was refused for want of a collection is in the log and the inbox, too.
    const collection = schema.get(key.collection) ?? plainCollection(key.collection)
    records += 1
    const expected = await expectedRecord({ storage, materializer }, key, collection)
    const tables = expectedRows(expected)
    for (const [table, rows] of tables)
      expectedCounts.set(table, (expectedCounts.get(table) ?? 0) + rows.length)
    const stored = await storage.tableRows(key)
    for (const [table, rows] of tables) {
      const found = stored.get(table) ?? []
      if (!sameRows(rows, found))
        differences.push(`${table}, ${nameOf(key)}: expected ${show(rows)}, found ${show(found)}`)
    }
    differences.push(...(await logDifferences(storage, key, expected)))
  }
  for (const [table, count] of await storage.countRows()) {
    const expected = expectedCounts.get(table) ?? 0
    if (expected !== count) differences.push(`${table}: expected ${expected} rows, found ${count}`)
  }
  return { records, differences }
}

/** The rows of each table that belong to the record. */
function expectedRows({ writes, text }: ExpectedRecord): ReadonlyMap<string, readonly SqlRow[]> {
  const rows = new Map<string, readonly SqlRow[]>()
  for (const write of writes) {
    if (write.op === 'delete') rows.set(write.table, [])
    else if (write.op === 'upsert') rows.set(write.table, [withText(write.row, text)])
    // Without an earlier view they are all of the record's rows.
    else rows.set(write.table, write.rows)
  }
  return rows
}

function withText(row: SqlRow, text: ExpectedRecord['text']): SqlRow {
  if (text === null) return row
  const columns: Record<string, string> = {}
  for (const [field, { plain, structure }] of Object.entries(text.texts)) {
    columns[field] = plain
    columns[structureColumn(field)] = JSON.stringify(structure)
  }
  return {
    ...row,
    ...columns,
    updated_at: laterOf(text.updatedAt, String(row.updated_at)),
  }
}

/** Of two ISO 8601 instants in UTC. */
const laterOf = (a: string, b: string): string => (a < b ? b : a)

/** Rows as sets: columns that are null may be missing, and order is no matter. */
function sameRows(a: readonly SqlRow[], b: readonly SqlRow[]): boolean {
  const normal = (rows: readonly SqlRow[]): string[] =>
    rows
      .map((row) =>
        canonicalJson(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))),
      )
      .sort()
  const [left, right] = [normal(a), normal(b)]
  return left.length === right.length && left.every((row, index) => row === right[index])
}

const nameOf = (key: RecordKey): string => `${key.tenant}:${roomName(key)}`

const show = (rows: readonly SqlRow[]): string => {
  const text = JSON.stringify(rows)
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
