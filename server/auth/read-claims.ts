/** Reads who somebody is from the claims of a verified token, wherever its issuer has put them. */
import { z } from 'zod'
import { isRecordId } from '../../shared/record/record-id.ts'
import { DEFAULT_TENANT } from '../../shared/record/record-key.ts'

/** Where the claims stand: a name as it is, such as `https://app.example/tenant`, or a path such as `app_metadata.tenant`. */
export interface ClaimNames {
  /** Named, it is required; if it is left out, `tenant` is read, and who has none is in the default tenant. */
  readonly tenant?: string | undefined
  /** `roles` if it is left out. */
  readonly roles?: string | undefined
  /** `device` if it is left out. */
  readonly device?: string | undefined
}

const tenant = z.string().refine(isRecordId)
const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  tenant: tenant.default(DEFAULT_TENANT),
  roles: z.union([z.string().transform((role) => [role]), z.array(z.string())]).default([]),
  device: z.string().min(1).max(256).nullable().default(null),
  exp: z.number(),
  iat: z.number().nullable().default(null),
  jti: z.string().min(1).max(256).nullable().default(null),
})
const strictClaimsSchema = claimsSchema.extend({ tenant })

export type Claims = z.output<typeof claimsSchema>

export type ReadClaims =
  | { readonly ok: true; readonly claims: Claims }
  /** The name, in the token, of the claim at fault. */
  | { readonly ok: false; readonly claim: string }

export function readClaims(payload: Readonly<Record<string, unknown>>, names: ClaimNames): ReadClaims {
  const { sub, exp, iat, jti } = payload
  const mapped = {
    tenant: names.tenant ?? 'tenant',
    roles: names.roles ?? 'roles',
    device: names.device ?? 'device',
  }
  const schema = names.tenant === undefined ? claimsSchema : strictClaimsSchema
  const parsed = schema.safeParse({
    sub,
    exp,
    iat,
    jti,
    tenant: claimAt(payload, mapped.tenant),
    roles: claimAt(payload, mapped.roles),
    device: claimAt(payload, mapped.device),
  })
  if (parsed.success) return { ok: true, claims: parsed.data }
  const claim = String(parsed.error.issues[0]?.path[0])
  return { ok: false, claim: claim in mapped ? mapped[claim as keyof typeof mapped] : claim }
}

/** A claim of that very name goes first: a namespaced one has dots of its own. */
function claimAt(payload: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name]
  return name.split('.').reduce<unknown>((value, part) => memberOf(value, part), payload)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
