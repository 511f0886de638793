/** Writes what the text projector has read from the journal: columns and offset together (S2). */
import type { TextProjection } from '../storage.ts'
import type { WriteStatus } from './commit-plan.ts'
import type { ProjectionShape } from './projection-shape.ts'
import { findCompaction } from './read-lanes.ts'
import { findRecordRow, refreshTextPending, writeSnapshot } from './record-row.ts'
import { quoted } from './sql-identifier.ts'
import type { Statements } from './statements.ts'
import { ownStructureColumn, ownStructureOf } from './structure-columns.ts'

/**
 * @returns `stale` if the columns show a newer version already: the offset never moves back.
 * @throws RangeError for a version that the journal has not reached, or a text that the schema lacks.
 */
export function commitText(sql: Statements, shape: ProjectionShape, projection: TextProjection): WriteStatus {
  const { key, textVersion } = projection
  const row = findRecordRow(sql, key)
  if (row === undefined || textVersion < row.projected_text_version) return 'stale'
  if (textVersion > row.text_version)
    throw new RangeError(`text version ${textVersion} is ahead of the journal, which has ${row.text_version}`)
  checkTexts(shape, projection)
  // A deleted record has no row and is not found; its texts are projected again when it comes back.
  if (row.deleted === 0) writeTextColumns(sql, projection)
  sql
    .prepare(
      `UPDATE sluice_records SET projected_text_version = ?, revision = revision + 1, search_pending = 1
        WHERE record = ?`,
    )
    .run(textVersion, row.record)
  refreshTextPending(sql, row.record)
  // What has been compacted meanwhile holds the same (S10).
  const compacted = findCompaction(sql, row.record)?.version ?? 0
  if (projection.snapshot !== null && compacted < textVersion)
    writeSnapshot(sql, row.record, 'text', textVersion, projection.snapshot)
  return 'committed'
}

function checkTexts(shape: ProjectionShape, { key, texts }: TextProjection): void {
  const known = shape.texts.get(key.collection)
  if (known === undefined) throw new RangeError(`"${key.collection}" is not a collection of the schema`)
  for (const field of Object.keys(texts))
    if (!known.includes(field)) throw new RangeError(`"${field}" is not a text of "${key.collection}"`)
}

/** Updates the row and never inserts one: which records have a row follows from their fields. */
function writeTextColumns(sql: Statements, { key, texts, updatedAt }: TextProjection): void {
  const fields = Object.keys(texts)
  const assignments = fields.map(
    (field) => `${quoted(field)} = ?, ${quoted(ownStructureColumn(field))} = ?, `,
  )
  sql
    .prepare(
      `UPDATE ${quoted(key.collection)} SET ${assignments.join('')}
        updated_at = MAX(COALESCE(updated_at, ''), ?) WHERE tenant = ? AND id = ?`,
    )
    .run(
      ...Object.values(texts).flatMap((text) => [text.plain, ownStructureOf(text)]),
      updatedAt,
      key.tenant,
      key.id,
    )
}
