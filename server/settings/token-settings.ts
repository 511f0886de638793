/** Settings of tokens: which are accepted, what is read from them, who may revoke them, and how often one may fail. */
import { z } from 'zod'
import { isAddressBlock } from './address-block.ts'
import { count, list, row } from './setting-row.ts'

const claim = z.string().min(1).max(256)

export const tokenSettings = {
  jwtSecret: row(
    'SLUICE_JWT_SECRET',
    z.string().min(32).optional(),
    'Secret of HS256 tokens, at least 32 characters.',
  ),
  jwksUrl: row('SLUICE_JWKS_URL', z.url().optional(), 'Where the public keys of tokens are published.'),
  jwtIssuer: row('SLUICE_JWT_ISSUER', z.string().optional(), 'If set, tokens must name this issuer.'),
  jwtAudience: row('SLUICE_JWT_AUDIENCE', z.string().optional(), 'If set, tokens must name this audience.'),
  jwtClaimTenant: row(
    'SLUICE_JWT_CLAIM_TENANT',
    claim.optional(),
    'Claim that names the tenant: a name as it is, such as `https://app.example/tenant`, or a path such as ' +
      '`app_metadata.tenant`. If set, tokens must have it; if not, `tenant` is read, and who has none is in `default`.',
  ),
  jwtClaimRoles: row(
    'SLUICE_JWT_CLAIM_ROLES',
    claim.default('roles'),
    'Claim that holds the role, or an array of them; named likewise.',
  ),
  jwtClaimDevice: row(
    'SLUICE_JWT_CLAIM_DEVICE',
    claim.default('device'),
    'Claim that names the device; named likewise.',
  ),
  jwtClockToleranceSeconds: row(
    'SLUICE_JWT_CLOCK_TOLERANCE_SECONDS',
    z.coerce.number().int().min(0).max(300).default(5),
    'By how much the clocks of issuer and server may differ when a token is checked. Seconds.',
  ),
  jwtLifetimeSecondsMax: row(
    'SLUICE_JWT_LIFETIME_SECONDS_MAX',
    z.coerce.number().int().positive().optional(),
    'If set, tokens must say when they were issued (`iat`) and expire within this time after it; a revocation is ' +
      'then kept no longer than that. Seconds.',
  ),
  revokerRole: row(
    'SLUICE_REVOKER_ROLE',
    z.string().min(1).optional(),
    'Role that may revoke tokens of its tenant; without it, nobody may.',
  ),
  erasureRoles: row(
    'SLUICE_ERASURE_ROLES',
    list((role) => role !== '', 'takes roles').optional(),
    'Roles that may erase records of their tenant for good, separated by commas; without it, nobody may by REST.',
  ),
  operatorRoles: row(
    'SLUICE_OPERATOR_ROLES',
    list((role) => role !== '', 'takes roles').optional(),
    'Roles that may read `/metrics` and `/v1/operations`, separated by commas; without it, nobody may, but everybody in ' +
      'an open demo.',
  ),
  revocationsMax: row(
    'SLUICE_REVOCATIONS_MAX',
    count(100_000),
    'Revocations in force at one time, of all tenants; one more is refused (429).',
  ),
  failedAuthenticationsPerMinute: row(
    'SLUICE_FAILED_AUTHENTICATIONS_PER_MINUTE',
    count(600),
    'Tokens per minute from one address that may be refused, also in one burst; beyond it, only those are looked ' +
      'at that were accepted before (429).',
  ),
  trustedProxies: row(
    'SLUICE_TRUSTED_PROXIES',
    list(isAddressBlock, 'takes addresses and blocks such as 10.0.0.2 or 10.0.0.0/8').optional(),
    'Addresses of proxies before this server, or blocks of them, separated by commas. Of these alone ' +
      '`X-Forwarded-For` is believed.',
  ),
} as const
