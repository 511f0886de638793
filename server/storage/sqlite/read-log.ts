/** Reads the change log. */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import type { FieldOperation, FieldOutcome } from '../../../shared/record/field-change.ts'
import type { FieldChangeFilter, FieldChangeSelection, StoredFieldChange } from '../change-log.ts'
import type { Page } from '../storage.ts'
import { checkLimit, decodeCursor, toPage } from './cursor.ts'
import { type OriginColumns, originOf } from './origin-columns.ts'
import type { Statements } from './statements.ts'

interface FieldChangeRow extends OriginColumns {
  readonly position: number
  readonly tenant: string
  readonly collection: string
  readonly record_id: string
  readonly field: string
  readonly operation: FieldOperation
  readonly old_value: string
  readonly new_value: string
  readonly outcome: FieldOutcome
  readonly reason: string | null
  readonly code: ErrorCode | null
  readonly conflict_id: string | null
  readonly change_hash: string
}

export function listFieldChanges(sql: Statements, filter: FieldChangeFilter): Page<StoredFieldChange> {
  const limit = checkLimit(filter.limit)
  const isNewestFirst = filter.order !== 'oldest'
  const { conditions, operands } = conditionsOf(filter)
  if (filter.cursor !== null) {
    conditions.push(isNewestFirst ? 'position < ?' : 'position > ?')
    operands.push(...decodeCursor(filter.cursor, ['number']))
  }
  const rows = sql
    .prepare<unknown[], FieldChangeRow>(
      `SELECT position, tenant, collection, record_id, field, operation, old_value, new_value, outcome, reason,
          code, conflict_id, change_hash, subject, roles, session, door, device, metadata, claimed_at, received_at
        FROM sluice_field_changes
        WHERE ${conditions.join(' AND ')}
        ORDER BY position ${isNewestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
    )
    .all(...operands, limit + 1)
  return toPage(rows, limit, toFieldChange, (row) => [row.position])
}

export function lastChangePosition(sql: Statements, tenant: string): number {
  const row = sql
    .prepare<[string], { position: number | null }>(
      'SELECT MAX(position) AS position FROM sluice_field_changes WHERE tenant = ?',
    )
    .get(tenant)
  return row?.position ?? 0
}

function conditionsOf(filter: FieldChangeSelection): {
  readonly conditions: string[]
  readonly operands: unknown[]
} {
  const { tenant, collection, recordId, field, subject, outcomes, changeHashes, after } = filter
  const conditions = ['tenant = ?']
  const operands: unknown[] = [tenant]
  const require = (condition: string, ...values: readonly unknown[]): void => {
    conditions.push(condition)
    operands.push(...values)
  }
  if (collection !== undefined) require('collection = ?', collection)
  if (recordId !== undefined) require('record_id = ?', recordId)
  if (field !== undefined) require('field = ?', field)
  if (subject !== undefined) require('subject = ?', subject)
  if (outcomes?.length === 1) require('outcome = ?', outcomes[0])
  // The plus keeps several outcomes off their index, which would gather and sort all of them for one page.
  else if (outcomes !== undefined) require(`+outcome IN (${outcomes.map(() => '?').join(', ')})`, ...outcomes)
  if (changeHashes !== undefined)
    require('change_hash IN (SELECT value FROM json_each(?))', JSON.stringify(changeHashes))
  if (after !== undefined) require('position > ?', after)
  return { conditions, operands }
}

const toFieldChange = (row: FieldChangeRow): StoredFieldChange => ({
  position: row.position,
  key: { tenant: row.tenant, collection: row.collection, id: row.record_id },
  field: row.field,
  operation: row.operation,
  oldValue: JSON.parse(row.old_value),
  newValue: JSON.parse(row.new_value),
  outcome: row.outcome,
  reason: row.reason,
  code: row.code,
  conflictId: row.conflict_id,
  changeHash: row.change_hash,
  origin: originOf(row),
})
