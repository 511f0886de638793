/**
 * A query's rows with this person's own changes in them: what he has changed is shown as he left it, stands where it
 * belongs by then, and is gone if the query no longer asks for it. Pure.
 */
import type { JsonObject } from '../../shared/json.ts'
import { comparePlaced, matchesWhere } from '../../shared/query/match-record.ts'
import type { Query, RecordRow, VersionToken } from '../../shared/sync/messages.ts'

/** A row as it is shown. */
export interface ShownRow {
  readonly id: string
  readonly fields: JsonObject
  /** The version that the server has confirmed; null for a record that it does not have yet. */
  readonly version: VersionToken | null
  readonly disputed: RecordRow['disputed']
  /** Fields whose value the server has not confirmed. */
  readonly staged: ReadonlySet<string>
  /** ISO 8601; null for a record that the server has not told in this list yet. */
  readonly createdAt: string | null
  readonly updatedAt: string | null
}

/** What is known here of one record beside the list; `row` null: it is gone. */
export interface LocalRow {
  readonly id: string
  readonly row: ShownRow | null
}

export interface ToldRows {
  readonly rows: readonly ShownRow[]
  /** Whether more records match behind the last row. */
  readonly hasMore: boolean
}

const NOTHING_STAGED: ReadonlySet<string> = new Set()

export const toldRow = (row: RecordRow): ShownRow => ({ ...row, staged: NOTHING_STAGED })

/** @param where as `checkedWhere` gives it. */
export function withOwnRows(
  { where, orderBy, after }: Pick<Query, 'where' | 'orderBy' | 'after'>,
  { rows, hasMore }: ToldRows,
  locals: readonly LocalRow[],
): readonly ShownRow[] {
  if (locals.length === 0) return rows
  const compare = (a: ShownRow, b: ShownRow): number => comparePlaced(orderBy, a, b)
  const [first, last] = [rows[0], rows.at(-1)]
  /** Beyond the rows that were told nobody knows what else there is. */
  const isWithin = (row: ShownRow): boolean =>
    (!hasMore || last === undefined || compare(row, last) <= 0) &&
    (after === null || (first !== undefined && compare(row, first) >= 0))
  const told = new Set(rows.map(({ id }) => id))
  const known = new Set(locals.map(({ id }) => id))
  const own = locals.flatMap(({ id, row }) =>
    row !== null && matchesWhere(where, row.fields) && (told.has(id) || isWithin(row)) ? [row] : [],
  )
  return [...rows.filter(({ id }) => !known.has(id)), ...own].sort(compare)
}
