/** Full-text search over the projected texts of one tenant. */
import { escapeHtml } from '../../../shared/escape-html.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { SearchHit } from '../search-storage.ts'
import type { Statements } from './statements.ts'

/** Stand for `<mark>` and `</mark>` until the excerpt is escaped; the index never contains them. */
export const START_MARK = '\u0001'
export const STOP_MARK = '\u0002'

const TERMS_MAX = 32
const EXCERPT_TOKENS = 24

/** @param query plain words, in any language; nothing in it is syntax. */
export function searchTexts(
  sql: Statements,
  tenant: string,
  query: string,
  limit: number,
): readonly SearchHit[] {
  const match = matchExpression(query)
  if (match === null) return []
  return sql.snapshot(() =>
    sql
      .prepare<[string, string, number], RecordKey & { entry: number; field: string }>(
        `SELECT r.tenant, r.collection, r.id, e.entry, e.field
          FROM sluice_search
          JOIN sluice_search_entries AS e ON e.entry = sluice_search.rowid
          JOIN sluice_records AS r ON r.record = e.record
          WHERE sluice_search MATCH ? AND r.tenant = ?
          ORDER BY sluice_search.rank LIMIT ?`,
      )
      .all(match, tenant, limit)
      .map(({ entry, field, ...key }) => ({ key, field, excerpt: excerptOf(sql, match, entry) })),
  )
}

/** An FTS5 expression: every word quoted, the last one a prefix; null if the query has no word. */
export function matchExpression(query: string): string | null {
  const words = query.match(/[\p{L}\p{M}\p{N}\p{Co}]+/gu) ?? []
  const terms = words.filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word)).slice(0, TERMS_MAX)
  return terms.length === 0 ? null : `${terms.map((term) => `"${term}"`).join(' ')}*`
}

/** Made for each hit of the page alone: in the ranking query it would be made for every match. */
function excerptOf(sql: Statements, match: string, entry: number): string {
  const row = sql
    .prepare<[string, string, number, string, number], { excerpt: string }>(
      `SELECT snippet(sluice_search, 0, ?, ?, '…', ?) AS excerpt
        FROM sluice_search WHERE sluice_search MATCH ? AND rowid = ?`,
    )
    .get(START_MARK, STOP_MARK, EXCERPT_TOKENS, match, entry)
  return escapeHtml(row?.excerpt ?? '')
    .replaceAll(START_MARK, '<mark>')
    .replaceAll(STOP_MARK, '</mark>')
}
