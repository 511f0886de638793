/** Revocations as rows of `sluice_revocations`. */
import type { Revocation, RevocationKey } from '../../auth/revocation.ts'
import { checkLimit } from './cursor.ts'
import type { Statements } from './statements.ts'

export function keepRevocation(sql: Statements, revocation: Revocation): void {
  sql.prepare<[string]>('DELETE FROM sluice_revocations WHERE expires_at <= ?').run(revocation.revokedAt)
  sql
    .prepare(
      `INSERT INTO sluice_revocations (tenant, kind, name, revoked_at, revoked_by, expires_at)
        VALUES (@tenant, @kind, @name, @revokedAt, @revokedBy, @expiresAt)
        ON CONFLICT DO UPDATE SET revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by,
          expires_at = excluded.expires_at`,
    )
    .run(revocation)
}

export const scanRevocations = (
  sql: Statements,
  after: RevocationKey | null,
  limit: number,
): readonly Revocation[] =>
  sql
    .prepare<[string, string, string, number], Revocation>(
      `SELECT tenant, kind, name, revoked_at AS revokedAt, revoked_by AS revokedBy, expires_at AS expiresAt
        FROM sluice_revocations WHERE (tenant, kind, name) > (?, ?, ?) ORDER BY tenant, kind, name LIMIT ?`,
    )
    .all(after?.tenant ?? '', after?.kind ?? '', after?.name ?? '', checkLimit(limit))
