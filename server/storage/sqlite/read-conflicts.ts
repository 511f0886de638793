/** Reads the inbox: conflicts with their sides. */
import type {
  Conflict,
  ConflictKind,
  ConflictState,
  Side,
  SideOperation,
} from '../../../shared/conflicts/conflict.ts'
import type { DoorName } from '../../../shared/record/origin.ts'
import type { ConflictFilter, ConflictGroup, Page, StoredConflict } from '../storage.ts'
import { checkLimit, decodeCursor, toPage } from './cursor.ts'
import type { Statements } from './statements.ts'
import type { SideRole } from './write-conflict.ts'

interface ConflictRow {
  readonly id: string
  readonly tenant: string
  readonly collection: string
  readonly record_id: string
  readonly fields: string
  readonly kind: ConflictKind
  readonly state: ConflictState
  readonly base: string
  readonly in_force: string
  readonly opened_at: string
  readonly assignee: string | null
  /** JSON. */
  readonly proposal: string | null
  readonly resolution: string | null
  readonly events: string
  readonly forgotten: number
}

interface SideRow {
  readonly side_id: string
  readonly role: SideRole
  readonly operation: SideOperation
  readonly value: string
  readonly author: string
  readonly roles: string
  readonly session: string
  readonly door: DoorName
  readonly device: string | null
  readonly metadata: string
  readonly claimed_at: string | null
  readonly received_at: string
  readonly saw_version: string
  readonly change_hash: string
  readonly superseded_by: string | null
}

const CONFLICT_COLUMNS =
  'id, tenant, collection, record_id, fields, kind, state, base, in_force, opened_at, assignee, proposal, resolution, events, forgotten'

export function readConflict(sql: Statements, tenant: string, id: string): StoredConflict | null {
  return sql.snapshot(() => {
    const row = sql
      .prepare<[string, string], ConflictRow>(
        `SELECT ${CONFLICT_COLUMNS} FROM sluice_conflicts WHERE tenant = ? AND id = ?`,
      )
      .get(tenant, id)
    return row === undefined ? null : toConflict(sql, row)
  })
}

export function listConflicts(sql: Statements, filter: ConflictFilter): Page<StoredConflict> {
  const limit = checkLimit(filter.limit)
  const { conditions, operands } = conditionsOf(filter)
  if (filter.cursor !== null) {
    conditions.push('(opened_at, id) < (?, ?)')
    operands.push(...decodeCursor(filter.cursor, ['string', 'string']))
  }
  return sql.snapshot(() => {
    const rows = sql
      .prepare<unknown[], ConflictRow>(
        `SELECT ${CONFLICT_COLUMNS} FROM sluice_conflicts WHERE ${conditions.join(' AND ')}
          ORDER BY opened_at DESC, id DESC LIMIT ?`,
      )
      .all(...operands, limit + 1)
    return toPage(
      rows,
      limit,
      (row) => toConflict(sql, row),
      (row) => [row.opened_at, row.id],
    )
  })
}

/** Rows are counted in an index that holds every column that is named here. */
export function groupConflicts(
  sql: Statements,
  filter: Omit<ConflictFilter, 'cursor' | 'limit'>,
): readonly ConflictGroup[] {
  const { conditions, operands } = conditionsOf(filter)
  return sql
    .prepare<unknown[], Omit<ConflictGroup, 'fields'> & Pick<ConflictRow, 'fields'>>(
      `SELECT collection, state, kind, fields, COUNT(*) AS count FROM sluice_conflicts
        WHERE ${conditions.join(' AND ')} GROUP BY collection, state, kind, fields`,
    )
    .all(...operands)
    .map(({ fields, ...group }) => ({ ...group, fields: JSON.parse(fields) }))
}

function conditionsOf(filter: Omit<ConflictFilter, 'cursor' | 'limit'>): {
  readonly conditions: string[]
  readonly operands: unknown[]
} {
  const conditions = ['tenant = ?']
  const operands: unknown[] = [filter.tenant]
  const require = (condition: string, ...values: readonly unknown[]): void => {
    conditions.push(condition)
    operands.push(...values)
  }
  if (filter.states !== null) require(stateCondition(filter.states), ...filter.states)
  if (filter.collection !== null) require('collection = ?', filter.collection)
  if (filter.recordId !== null) require('record_id = ?', filter.recordId)
  if (filter.assignee === null) require('assignee IS NULL')
  else if (filter.assignee !== undefined) require('assignee = ?', filter.assignee)
  if (filter.kind !== undefined) require('kind = ?', filter.kind)
  if (filter.field !== undefined)
    require('id IN (SELECT conflict_id FROM sluice_conflict_fields WHERE tenant = ? AND field = ?)', filter.tenant, filter.field)
  if (filter.author !== undefined)
    require('id IN (SELECT conflict_id FROM sluice_conflict_sides WHERE tenant = ? AND author = ?)', filter.tenant, filter.author)
  if (filter.value !== undefined)
    require(`id IN (SELECT conflict_id FROM sluice_conflict_sides
        WHERE tenant = ? AND instr(lower(value), lower(?)) > 0)`, filter.tenant, filter.value)
  return { conditions, operands }
}

export function countConflicts(sql: Statements, tenant: string, states: readonly ConflictState[]): number {
  const row = sql
    .prepare<string[], { count: number }>(
      `SELECT COUNT(*) AS count FROM sluice_conflicts WHERE tenant = ? AND ${stateCondition(states)}`,
    )
    .get(tenant, ...states)
  return row?.count ?? 0
}

const stateCondition = (states: readonly ConflictState[]): string =>
  `state IN (${states.map(() => '?').join(', ')})`

function toConflict(sql: Statements, row: ConflictRow): StoredConflict {
  const sides = sql
    .prepare<[string, string], SideRow>(
      `SELECT side_id, role, operation, value, author, roles, session, door, device, metadata, claimed_at, received_at,
          saw_version, change_hash, superseded_by
        FROM sluice_conflict_sides WHERE tenant = ? AND conflict_id = ? ORDER BY ordinal`,
    )
    .all(row.tenant, row.id)
  const ofRole = (role: SideRole): readonly Side[] => sides.filter((side) => side.role === role).map(toSide)
  const [incumbent] = ofRole('incumbent')
  if (incumbent === undefined) throw new Error(`the store is damaged: conflict ${row.id} has no incumbent`)
  const conflict: Conflict = {
    id: row.id,
    state: row.state,
    kind: row.kind,
    fields: JSON.parse(row.fields),
    base: JSON.parse(row.base),
    inForce: JSON.parse(row.in_force),
    incumbent,
    alongside: ofRole('alongside'),
    challengers: ofRole('challenger'),
    openedAt: row.opened_at,
    assignee: row.assignee,
    proposal: row.proposal === null ? null : JSON.parse(row.proposal),
    resolution: row.resolution === null ? null : JSON.parse(row.resolution),
    events: JSON.parse(row.events),
    forgotten: row.forgotten,
  }
  return { conflict, key: { tenant: row.tenant, collection: row.collection, id: row.record_id } }
}

const toSide = (row: SideRow): Side => ({
  id: row.side_id,
  operation: row.operation,
  value: JSON.parse(row.value),
  author: row.author,
  roles: JSON.parse(row.roles),
  session: row.session,
  door: row.door,
  device: row.device,
  metadata: JSON.parse(row.metadata),
  claimedAt: row.claimed_at,
  receivedAt: row.received_at,
  sawVersion: row.saw_version,
  changeHash: row.change_hash,
  supersededBy: row.superseded_by,
})
