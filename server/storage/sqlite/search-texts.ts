/** Full-text search over the projected texts of one tenant. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { SearchHit } from '../search-storage.ts'
import { excerptOf } from './excerpt.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'

const TERMS_MAX = 32

interface Hit extends RecordKey {
  readonly field: string
}

/** @param query plain words, in any language; nothing in it is syntax. */
export function searchTexts(
  sql: Statements,
  shape: ProjectionShape,
  { tenant, query, limit }: { readonly tenant: string; readonly query: string; readonly limit: number },
): readonly SearchHit[] {
  const terms = termsOf(query)
  const match = matchExpression(query)
  if (match === null) return []
  return sql.snapshot(() =>
    sql
      .prepare<[string, string, number], Hit>(
        `SELECT r.tenant, r.collection, r.id, e.field
          FROM sluice_search
          JOIN sluice_search_entries AS e ON e.entry = sluice_search.rowid
          JOIN sluice_records AS r ON r.record = e.record
          WHERE sluice_search MATCH ? AND r.tenant = ?
          ORDER BY sluice_search.rank LIMIT ?`,
      )
      .all(match, tenant, limit)
      .map(({ field, ...key }) => ({
        key,
        field,
        excerpt: excerptOf(plainOf(sql, shape, { ...key, field }), terms),
      })),
  )
}

function termsOf(query: string): readonly string[] {
  const words = query.match(/[\p{L}\p{M}\p{N}\p{Co}]+/gu) ?? []
  return words.filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word)).slice(0, TERMS_MAX)
}

/** An FTS5 expression: every word quoted, the last one a prefix; null if the query has no word. */
export function matchExpression(query: string): string | null {
  const terms = termsOf(query)
  return terms.length === 0 ? null : `${terms.map((term) => `"${term}"`).join(' ')}*`
}

/** As its column shows it now; nothing of a collection or a text that the schema has lost. */
function plainOf(
  sql: Statements,
  { texts }: ProjectionShape,
  { tenant, collection, id, field }: Hit,
): string {
  if (texts.get(collection)?.includes(field) !== true) return ''
  const plain = sql
    .prepare<[string, string], string | null>(
      `SELECT ${quoted(field)} FROM ${quoted(collection)} WHERE tenant = ? AND id = ?`,
    )
    .pluck()
    .get(tenant, id)
  return plain ?? ''
}
