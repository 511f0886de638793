/** Events of the outbox, as rows of `sluice_outbox`. */
import type { Plan } from '../../plan/plan.ts'
import type { Statements } from './statements.ts'

/** By which the oldest are found, as its migration makes it. Never edit this text: add a migration. */
export const OUTBOX_AGE_INDEX = `
CREATE INDEX sluice_outbox_by_age ON sluice_outbox (created_at);
`

/** An event that is there already is the same one. */
export function queueEvent(
  sql: Statements,
  plan: Pick<Plan, 'key' | 'at'>,
  event: Plan['outbox'][number],
): void {
  const { tenant, collection, id } = plan.key
  sql
    .prepare(
      `INSERT INTO sluice_outbox (tenant, collection, record_id, event_id, event, payload, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .run(tenant, collection, id, event.id, event.event, JSON.stringify(event.payload), plan.at)
}

/** How many of them came before a time, counted up to a limit. */
export function countEventsBefore(sql: Statements, before: string, limit: number): number {
  const row = sql
    .prepare<[string, number], { count: number }>(
      'SELECT count(*) AS count FROM (SELECT 1 FROM sluice_outbox WHERE created_at < ? LIMIT ?)',
    )
    .get(before, limit)
  return row?.count ?? 0
}

/** The oldest of them first. */
export function forgetEvents(sql: Statements, before: string, limit: number): void {
  sql
    .prepare<[string, number]>(
      `DELETE FROM sluice_outbox WHERE position IN (
        SELECT position FROM sluice_outbox WHERE created_at < ? ORDER BY created_at, position LIMIT ?)`,
    )
    .run(before, limit)
}
