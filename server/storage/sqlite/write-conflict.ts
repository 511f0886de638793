/** Writes conflicts whole: a conflict is one row, and one row for each of its sides (C8). */
import type { Conflict, Side } from '../../../shared/conflicts/conflict.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Statements } from './statements.ts'

export type SideRole = 'incumbent' | 'alongside' | 'challenger'

/** @throws RangeError if another record has a conflict of this id. */
export function writeConflict(sql: Statements, key: RecordKey, conflict: Conflict): void {
  const { changes } = sql
    .prepare(
      `INSERT INTO sluice_conflicts (id, tenant, collection, record_id, fields, kind, state, base, in_force,
          incumbent, opened_at, assignee, proposal, resolution, events, forgotten)
        VALUES (@conflictId, @tenant, @collection, @id, @fields, @kind, @state, @base, @inForce,
          @incumbent, @openedAt, @assignee, @proposal, @resolution, @events, @forgotten)
        ON CONFLICT (tenant, id) DO UPDATE SET fields = excluded.fields, kind = excluded.kind,
          state = excluded.state, base = excluded.base, in_force = excluded.in_force,
          incumbent = excluded.incumbent, opened_at = excluded.opened_at,
          assignee = excluded.assignee, proposal = excluded.proposal,
          resolution = excluded.resolution, events = excluded.events, forgotten = excluded.forgotten
        WHERE collection = excluded.collection AND record_id = excluded.record_id`,
    )
    .run({
      ...key,
      conflictId: conflict.id,
      fields: JSON.stringify(conflict.fields),
      kind: conflict.kind,
      state: conflict.state,
      base: JSON.stringify(conflict.base),
      inForce: JSON.stringify(conflict.inForce),
      incumbent: conflict.incumbent.id,
      openedAt: conflict.openedAt,
      assignee: conflict.assignee,
      proposal: conflict.proposal === null ? null : JSON.stringify(conflict.proposal),
      resolution: conflict.resolution === null ? null : JSON.stringify(conflict.resolution),
      events: JSON.stringify(conflict.events),
      forgotten: conflict.forgotten,
    })
  if (changes === 0) throw new RangeError(`the conflict id ${conflict.id} belongs to another record`)
  replaceFields(sql, key.tenant, conflict)
  writeSides(sql, key.tenant, conflict)
}

function replaceFields(sql: Statements, tenant: string, { id, fields }: Conflict): void {
  sql.prepare('DELETE FROM sluice_conflict_fields WHERE tenant = ? AND conflict_id = ?').run(tenant, id)
  for (const field of new Set(fields))
    sql
      .prepare('INSERT INTO sluice_conflict_fields (tenant, field, conflict_id) VALUES (?, ?, ?)')
      .run(tenant, field, id)
}

/** A dispute of many grows by one side at a time: what stands there is left alone. */
function writeSides(sql: Statements, tenant: string, conflict: Conflict): void {
  const sides: readonly (readonly [SideRole, Side])[] = [
    ['incumbent', conflict.incumbent],
    ...conflict.alongside.map((side) => ['alongside', side] as const),
    ...conflict.challengers.map((side) => ['challenger', side] as const),
  ]
  const stored = sql
    .prepare<[string, string], StoredSide>(
      `SELECT side_id AS id, role, superseded_by AS supersededBy FROM sluice_conflict_sides
        WHERE tenant = ? AND conflict_id = ? ORDER BY ordinal`,
    )
    .all(tenant, conflict.id)
  for (const [ordinal, [role, side]] of sides.entries()) {
    const there = stored[ordinal]
    if (there?.id === side.id && there.role === role && there.supersededBy === side.supersededBy) continue
    writeSide(sql, { tenant, conflictId: conflict.id, ordinal, role }, side)
  }
  if (stored.length > sides.length)
    sql
      .prepare('DELETE FROM sluice_conflict_sides WHERE tenant = ? AND conflict_id = ? AND ordinal >= ?')
      .run(tenant, conflict.id, sides.length)
}

/** What of a side may change, and what it is of. */
interface StoredSide {
  readonly id: string
  readonly role: SideRole
  readonly supersededBy: string | null
}

interface SidePlace {
  readonly tenant: string
  readonly conflictId: string
  readonly ordinal: number
  readonly role: SideRole
}

function writeSide(sql: Statements, place: SidePlace, side: Side): void {
  sql
    .prepare(
      `INSERT OR REPLACE INTO sluice_conflict_sides (tenant, conflict_id, ordinal, side_id, role, operation, value,
          author, roles, session, door, device, metadata, claimed_at, received_at,
          saw_version, change_hash, superseded_by)
        VALUES (@tenant, @conflictId, @ordinal, @id, @role, @operation, @value,
          @author, @roles, @session, @door, @device, @metadata, @claimedAt, @receivedAt,
          @sawVersion, @changeHash, @supersededBy)`,
    )
    .run({
      ...side,
      ...place,
      value: JSON.stringify(side.value),
      roles: JSON.stringify(side.roles),
      metadata: JSON.stringify(side.metadata),
    })
}
