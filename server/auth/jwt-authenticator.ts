/**
 * Verifies JSON Web Tokens: HS256 with a shared secret, or asymmetric signatures with the keys of a JWKS URL.
 * The algorithms are pinned by which of the two is configured, never taken from the token.
 */
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor, Authenticator } from './actor.ts'
import type { ClaimNames } from './read-claims.ts'
import { readClaims } from './read-claims.ts'

export type JwtOptions = JwtKey & {
  /** Required value of the claim `iss`; any is accepted if this is left out. */
  readonly issuer?: string | undefined
  /** Required value of the claim `aud`; any is accepted if this is left out. */
  readonly audience?: string | undefined
  /** Where tenant, roles and device stand. */
  readonly claimNames?: ClaimNames | undefined
  /** By how much the clocks of issuer and server may differ; 5 if this is left out. Seconds. */
  readonly clockToleranceSeconds?: number | undefined
  /** How long after its issue a token may expire; any time if this is left out. Seconds. */
  readonly lifetimeSecondsMax?: number | undefined
  /** Now, ISO 8601. */
  readonly now: () => string
}

type JwtKey = { readonly secret: string } | { readonly jwksUrl: string }

const SECRET_BYTES_MIN = 32
export const CLOCK_TOLERANCE_SECONDS_DEFAULT = 5
const ASYMMETRIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/**
 * Reads subject, tenant, roles and device from a verified token; `sub` and `exp` are required, and `iat` where a
 * lifetime is.
 * @throws RangeError for a secret that is too short to be one.
 */
export function createJwtAuthenticator(options: JwtOptions): Authenticator {
  const getKey = keySource(options)
  return {
    description:
      'secret' in options
        ? 'tokens: JWT signed with the shared secret (HS256)'
        : `tokens: JWT signed with a key of ${options.jwksUrl}`,
    isOpen: false,
    async authenticate(token) {
      if (token === null) throw new SluiceError('unauthenticated', 'a bearer token is required')
      return actorOf(await verify(token, getKey, verifyOptions(options)), options)
    },
  }
}

function keySource(key: JwtKey): JWTVerifyGetKey {
  if ('jwksUrl' in key) return createRemoteJWKSet(new URL(key.jwksUrl))
  const secret = new TextEncoder().encode(key.secret)
  if (secret.byteLength < SECRET_BYTES_MIN)
    throw new RangeError(`the JWT secret must be at least ${SECRET_BYTES_MIN} bytes long`)
  return async () => secret
}

function verifyOptions(options: JwtOptions): JWTVerifyOptions {
  const { issuer, audience, clockToleranceSeconds, lifetimeSecondsMax, now } = options
  return {
    algorithms: 'secret' in options ? ['HS256'] : ASYMMETRIC_ALGORITHMS,
    requiredClaims: lifetimeSecondsMax === undefined ? ['exp'] : ['exp', 'iat'],
    clockTolerance: clockToleranceSeconds ?? CLOCK_TOLERANCE_SECONDS_DEFAULT,
    currentDate: new Date(now()),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  }
}

async function verify(
  token: string,
  getKey: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, options)).payload
  } catch (error) {
    throw refusal(error)
  }
}

/** The library's error is not passed on as the cause: its message may quote the token. */
function refusal(error: unknown): SluiceError {
  if (error instanceof errors.JWTExpired) return new SluiceError('unauthenticated', 'the token has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return new SluiceError('unauthenticated', `the token's claim "${error.claim}" is missing or not accepted`)
  if (error instanceof errors.JOSEError && REFUSED_TOKEN_CODES.has(error.code))
    return new SluiceError('unauthenticated', 'the token is not valid')
  return new SluiceError('internal', 'the keys that verify tokens cannot be fetched')
}

/** Errors that are the token's fault; any other means that the keys could not be had. */
const REFUSED_TOKEN_CODES: ReadonlySet<string> = new Set([
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
])

function actorOf(payload: JWTPayload, { claimNames, lifetimeSecondsMax }: JwtOptions): Actor {
  const read = readClaims(payload, claimNames ?? {})
  if (!read.ok)
    throw new SluiceError('unauthenticated', `the token's claim "${read.claim}" is missing or not accepted`)
  const { sub, tenant, roles, device, exp, iat, jti } = read.claims
  if (lifetimeSecondsMax !== undefined && exp - (iat ?? 0) > lifetimeSecondsMax)
    throw new SluiceError('unauthenticated', `the token lives longer than ${lifetimeSecondsMax} seconds`)
  // `*` stands for every role, which is for an open demo alone to hand out.
  return {
    subject: sub,
    tenant,
    roles: roles.filter((role) => role !== '*'),
    device,
    expiresAt: exp * 1000,
    token: { id: jti, issuedAt: iat === null ? null : iat * 1000 },
  }
}
