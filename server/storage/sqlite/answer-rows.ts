/** Answers kept for retries, as rows of `sluice_answers`. */
import type { KeptAnswer } from '../../plan/plan.ts'
import type { Statements } from './statements.ts'

/** By which the oldest are found, as its migration makes it. Never edit this text: add a migration. */
export const ANSWER_AGE_INDEX = `
CREATE INDEX sluice_answers_by_age ON sluice_answers (created_at);
`

export function readAnswer(sql: Statements, tenant: string, subject: string, key: string): KeptAnswer | null {
  const row = sql
    .prepare<[string, string, string], { request: string; status: number; body: string }>(
      'SELECT request, status, body FROM sluice_answers WHERE tenant = ? AND subject = ? AND key = ?',
    )
    .get(tenant, subject, key)
  if (row === undefined) return null
  return { tenant, subject, key, request: row.request, status: row.status, body: JSON.parse(row.body) }
}

/** @returns false if the key has an answer already: the same request was committed meanwhile. */
export function keepAnswer(sql: Statements, answer: KeptAnswer, at: string): boolean {
  const { changes } = sql
    .prepare(
      `INSERT INTO sluice_answers (tenant, subject, key, request, status, body, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .run(
      answer.tenant,
      answer.subject,
      answer.key,
      answer.request,
      answer.status,
      JSON.stringify(answer.body),
      at,
    )
  return changes === 1
}

/** How many of them were kept before a time, counted up to a limit. */
export function countAnswersBefore(sql: Statements, before: string, limit: number): number {
  const row = sql
    .prepare<[string, number], { count: number }>(
      'SELECT count(*) AS count FROM (SELECT 1 FROM sluice_answers WHERE created_at < ? LIMIT ?)',
    )
    .get(before, limit)
  return row?.count ?? 0
}

/** The oldest of them first. */
export function forgetAnswers(sql: Statements, before: string, limit: number): void {
  sql
    .prepare<[string, number]>(
      `DELETE FROM sluice_answers WHERE (tenant, subject, key) IN (
        SELECT tenant, subject, key FROM sluice_answers WHERE created_at < ? ORDER BY created_at LIMIT ?)`,
    )
    .run(before, limit)
}
