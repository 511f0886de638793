/**
 * Takes away what is stored of a record (E1), in the caller's transaction. What the file still holds of it in pages
 * that are no longer in use goes with `clean-store.ts`.
 */
import { MAIN } from '../../../shared/schema/compartments.ts'
import { compartmentOfLane, laneOf } from '../../plan/plan.ts'
import type { ErasurePlan } from '../../plan/plan-erasure.ts'
import type { WriteStatus } from './commit-plan.ts'
import { compartmentNames, eraseCompartment } from './compartment-rows.ts'
import { appendJournal } from './journal-rows.ts'
import { queueEvent } from './outbox-rows.ts'
import { findRecordRow, laneVersion } from './record-row.ts'
import { forgetTexts } from './search-index.ts'
import type { Statements } from './statements.ts'
import { writeMeta } from './store-meta.ts'
import type { TableWriter } from './table-writer.ts'

export function eraseRecord(sql: Statements, tables: TableWriter, plan: ErasurePlan): WriteStatus {
  const row = findRecordRow(sql, plan.key)
  if (row === undefined) return 'stale'
  const fields = plan.lanes.get('fields')
  const text = plan.lanes.get('text')
  if (fields === undefined || text === undefined) throw new RangeError('an erasure takes every lane')
  for (const [lane, { expectedVersion }] of plan.lanes)
    if (laneVersion(sql, row, lane) !== expectedVersion) return 'stale'
  // A compartment that has come to be since the plan was made.
  if (compartmentNames(sql, row.record).some((name) => !plan.lanes.has(laneOf(name)))) return 'stale'
  takeAway(sql, row.record)
  takeAwayByKey(sql, plan)
  for (const write of plan.tables) tables.write(write)
  for (const [lane, { expectedVersion, stub, documentId }] of plan.lanes) {
    const version = expectedVersion + 1
    appendJournal(sql, row.record, lane, version, stub)
    const compartment = compartmentOfLane(lane)
    if (compartment !== MAIN) eraseCompartment(sql, row.record, { compartment, documentId, version })
  }
  const textVersion = text.expectedVersion + 1
  sql
    .prepare(
      `UPDATE sluice_records SET document_id = ?, fields_version = ?, text_version = ?, projected_text_version = ?,
        text_pending_from = NULL, heads = '[]', fields = '{}', disputed = '{}', deleted = 1, erased = ?,
        created_at = ?, updated_at = ?, revision = revision + 1 WHERE record = ?`,
    )
    .run(
      fields.documentId,
      fields.expectedVersion + 1,
      textVersion,
      textVersion,
      plan.allowNew ? 'open' : 'sealed',
      plan.at,
      plan.at,
      row.record,
    )
  queueEvent(sql, plan, plan.event)
  writeMeta(sql.db, 'unclean', plan.at)
  return 'committed'
}

function takeAway(sql: Statements, record: number): void {
  sql.prepare("DELETE FROM sluice_journal WHERE record = ? AND kind <> 'erasure'").run(record)
  sql.prepare('DELETE FROM sluice_snapshots WHERE record = ?').run(record)
  sql.prepare('DELETE FROM sluice_authors WHERE record = ?').run(record)
  forgetTexts(sql, record)
}

function takeAwayByKey(sql: Statements, { key }: ErasurePlan): void {
  const name = [key.tenant, key.collection, key.id] as const
  const conflicts = 'SELECT id FROM sluice_conflicts WHERE tenant = ? AND collection = ? AND record_id = ?'
  for (const part of ['sluice_conflict_sides', 'sluice_conflict_fields'])
    sql
      .prepare(`DELETE FROM ${part} WHERE tenant = ? AND conflict_id IN (${conflicts})`)
      .run(key.tenant, ...name)
  for (const table of ['sluice_conflicts', 'sluice_field_changes', 'sluice_outbox'])
    sql.prepare(`DELETE FROM ${table} WHERE tenant = ? AND collection = ? AND record_id = ?`).run(...name)
  // That a request was answered stays known: repeated, it must not write again.
  sql
    .prepare(
      `UPDATE sluice_answers SET body = json_replace(json_set(body, '$.outcomes', json('{}')), '$.wrote', json('[]'))
        WHERE tenant = ? AND body ->> '$.collection' = ? AND body ->> '$.id' = ?`,
    )
    .run(...name)
}
