/** Revoked tokens, as their migration creates the table. Never edit this text: add a migration. */
export const REVOCATION_TABLE = `
CREATE TABLE sluice_revocations (
  tenant TEXT NOT NULL,
  -- subject: all tokens issued to it by then; token: the one with this jti.
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  revoked_at TEXT NOT NULL,
  revoked_by TEXT NOT NULL,
  -- No token that it concerns can be valid any more; null if nobody knows.
  expires_at TEXT,
  PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX sluice_revocations_by_expiry ON sluice_revocations (expires_at) WHERE expires_at IS NOT NULL;
`
