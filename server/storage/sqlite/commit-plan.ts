/**
 * Executes one plan (W3): everything in it is written, in the caller's transaction, or the plan is stale
 * and the caller takes back what was written. Nothing is decided here.
 */
import type { Lane } from '../../plan/plan.ts'
import { laneOf } from '../../plan/plan.ts'
import type { ShownRecord } from '../storage.ts'
import { keepAnswer } from './answer-rows.ts'
import { advanceCompartment, showCompartment } from './compartment-rows.ts'
import { appendJournal } from './journal-rows.ts'
import { originColumns } from './origin-columns.ts'
import { queueEvent } from './outbox-rows.ts'
import { findRecordRow, laneVersion, type RecordRow, refreshTextPending } from './record-row.ts'
import { forgetTexts } from './search-index.ts'
import type { Statements } from './statements.ts'
import type { TableWriter } from './table-writer.ts'
import { writeConflict } from './write-conflict.ts'
import type { SentPlan, SentView } from './write-job.ts'
import { sentView } from './write-job.ts'

export type WriteStatus = 'committed' | 'stale'

/** @throws RangeError for a plan that touches a record which has no journal entry, before or in the plan. */
export function commitPlan(sql: Statements, tables: TableWriter, plan: SentPlan): WriteStatus {
  const before = findRecordRow(sql, plan.key)
  if (laneVersion(sql, before, plan.lane) !== plan.expectedVersion) return 'stale'
  for (const { compartment, expectedVersion } of plan.compartments)
    if (laneVersion(sql, before, laneOf(compartment)) !== expectedVersion) return 'stale'
  for (const answer of plan.answers) if (!keepAnswer(sql, answer, plan.at)) return 'stale'
  if (touchesRecord(plan) && commitRecord(sql, plan, before) === 'stale') return 'stale'
  for (const write of plan.tables) tables.write(write)
  for (const change of plan.fieldChanges) logFieldChange(sql, plan, change)
  for (const conflict of plan.conflicts) writeConflict(sql, plan.key, conflict)
  for (const event of plan.outbox) queueEvent(sql, plan, event)
  return 'committed'
}

/** A plan may also only log what was refused, or keep an answer. */
const touchesRecord = (plan: SentPlan): boolean =>
  plan.journal.length > 0 || plan.bindings.length > 0 || plan.view !== null

function commitRecord(sql: Statements, plan: SentPlan, before: RecordRow | undefined): WriteStatus {
  const record = before?.record ?? createRecord(sql, plan)
  const [first] = plan.journal
  if (before?.erased === 'open' && plan.lane === 'fields' && first !== undefined)
    sql
      .prepare('UPDATE sluice_records SET erased = NULL, created_at = ? WHERE record = ?')
      .run(first.origin.receivedAt, record)
  for (const { author, subject } of plan.bindings)
    if (!bindAuthor(sql, record, author, subject)) return 'stale'

  const { versions, firstPosition } = appendEntries(sql, record, plan)
  const updatedAt = plan.journal.at(-1)?.origin.receivedAt ?? plan.at
  const version = versions.get(plan.lane) ?? plan.expectedVersion
  if (plan.lane === 'text') {
    advanceText(sql, record, version, updatedAt)
    if (firstPosition !== null && before?.text_pending_from == null)
      setTextPending(sql, record, firstPosition)
  } else advanceFields(sql, record, version, updatedAt)
  advanceCompartments(sql, record, plan, versions)
  const hasNewRow = plan.view !== null && showsNewRow(before, plan.view)
  if (plan.view !== null) writeView(sql, record, plan.view, hasNewRow)
  if (hasNewRow) refreshTextPending(sql, record)
  return 'committed'
}

interface Appended {
  /** That each lane is at now. */
  readonly versions: ReadonlyMap<Lane, number>
  /** Journal position of the first entry; null if there is none. */
  readonly firstPosition: number | null
}

function appendEntries(sql: Statements, record: number, plan: SentPlan): Appended {
  const versions = new Map<Lane, number>([[plan.lane, plan.expectedVersion]])
  for (const { compartment, expectedVersion } of plan.compartments)
    versions.set(laneOf(compartment), expectedVersion)
  let firstPosition: number | null = null
  for (const entry of plan.journal) {
    const lane = entry.compartment === undefined ? plan.lane : laneOf(entry.compartment)
    const version = (versions.get(lane) ?? 0) + 1
    versions.set(lane, version)
    const position = appendJournal(sql, record, lane, version, entry)
    firstPosition ??= position
  }
  return { versions, firstPosition }
}

function advanceCompartments(
  sql: Statements,
  record: number,
  plan: SentPlan,
  versions: ReadonlyMap<Lane, number>,
): void {
  for (const { compartment, documentId, expectedVersion } of plan.compartments) {
    const version = versions.get(laneOf(compartment)) ?? expectedVersion
    if (version > expectedVersion) advanceCompartment(sql, record, { compartment, documentId, version })
  }
}

/** The record's row in its table is new, without texts: they are to be projected again. */
const showsNewRow = (before: RecordRow | undefined, view: SentView): boolean =>
  !view.deleted && (before === undefined || before.deleted === 1 || before.fields_version === 0)

function createRecord(sql: Statements, plan: SentPlan): number {
  const first = plan.journal[0]
  if (first === undefined) throw new RangeError('a record starts with a journal entry')
  const { tenant, collection, id } = plan.key
  const { lastInsertRowid } = sql
    .prepare(
      `INSERT INTO sluice_records (tenant, collection, id, document_id, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(tenant, collection, id, plan.documentId, first.origin.receivedAt, first.origin.receivedAt)
  return Number(lastInsertRowid)
}

/** @returns false if the author is bound to another subject (R5): the gate judges on what it reloads. */
function bindAuthor(sql: Statements, record: number, author: string, subject: string): boolean {
  const { changes } = sql
    .prepare('INSERT INTO sluice_authors (record, author, subject) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(record, author, subject)
  if (changes === 1) return true
  const bound = sql
    .prepare<[number, string], { subject: string }>(
      'SELECT subject FROM sluice_authors WHERE record = ? AND author = ?',
    )
    .get(record, author)
  return bound?.subject === subject
}

/** `updated_at` never goes back, even if the clock does. */
function advanceFields(sql: Statements, record: number, version: number, updatedAt: string): void {
  sql
    .prepare(
      `UPDATE sluice_records SET fields_version = ?, updated_at = MAX(updated_at, ?), revision = revision + 1
        WHERE record = ?`,
    )
    .run(version, updatedAt, record)
}

function advanceText(sql: Statements, record: number, version: number, updatedAt: string): void {
  sql
    .prepare(
      `UPDATE sluice_records SET text_version = ?, updated_at = MAX(updated_at, ?), revision = revision + 1
        WHERE record = ?`,
    )
    .run(version, updatedAt, record)
}

/** From then on the text columns wait. A column of its own statement: to name it writes a page of its index. */
const setTextPending = (sql: Statements, record: number, from: number): unknown =>
  sql.prepare('UPDATE sluice_records SET text_pending_from = ? WHERE record = ?').run(from, record)

/** Writes what a record shows to its readers, outside of a commit. */
export function showRecord(sql: Statements, { key, view }: ShownRecord): void {
  const row = findRecordRow(sql, key)
  if (row !== undefined) writeView(sql, row.record, sentView(view), false)
}

function writeView(sql: Statements, record: number, view: SentView, hasNewRow: boolean): void {
  sql
    .prepare(
      `UPDATE sluice_records SET heads = ?, fields = ?, disputed = ?, deleted = ?, revision = revision + 1
        WHERE record = ?`,
    )
    .run(JSON.stringify(view.heads), view.fields, JSON.stringify(view.disputed), view.deleted ? 1 : 0, record)
  for (const one of view.compartments ?? []) showCompartment(sql, record, one)
  if (hasNewRow)
    sql
      .prepare(
        `UPDATE sluice_records SET projected_text_version =
          (SELECT COALESCE(MAX(version), 0) FROM sluice_journal
            WHERE record = sluice_records.record AND lane = 'text' AND kind = 'erasure')
          WHERE record = ?`,
      )
      .run(record)
  if (view.deleted) forgetTexts(sql, record)
}

function logFieldChange(sql: Statements, plan: SentPlan, change: SentPlan['fieldChanges'][number]): void {
  sql
    .prepare(
      `INSERT INTO sluice_field_changes (tenant, collection, record_id, field, operation, old_value, new_value,
          outcome, reason, code, conflict_id, change_hash,
          subject, roles, session, door, device, metadata, claimed_at, received_at)
        VALUES (@tenant, @collection, @id, @field, @operation, @oldValue, @newValue,
          @outcome, @reason, @code, @conflictId, @changeHash,
          @subject, @roles, @session, @door, @device, @metadata, @claimed_at, @received_at)`,
    )
    .run({
      field: change.field,
      ...plan.key,
      operation: change.operation,
      oldValue: JSON.stringify(change.oldValue),
      newValue: JSON.stringify(change.newValue),
      outcome: change.outcome,
      reason: change.reason,
      code: change.code,
      conflictId: change.conflictId,
      changeHash: change.changeHash,
      ...originColumns(change.origin),
    })
}
