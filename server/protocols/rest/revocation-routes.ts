/** Revoking tokens over REST: for the role that the settings name, within its tenant (W12). */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { mayRevoke } from '../../auth/may-revoke.ts'
import type { Revocation } from '../../auth/revocation.ts'
import { readBody } from './read-body.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { body, instant, responses } from './rest-schemas.ts'

const name = z.string().min(1).max(256)

const revocationBody = z
  .strictObject({
    subject: name.optional(),
    jti: name.optional(),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ subject, jti }) => (subject === undefined) !== (jti === undefined), {
    message: 'takes either subject or jti',
    path: ['subject'],
  })

const revocationSchema = z
  .object({
    subject: z.string().optional(),
    jti: z.string().optional(),
    revokedAt: instant,
    revokedBy: z.string(),
    expiresAt: instant.nullable(),
  })
  .openapi('Revocation')

const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/revocations',
  tags: ['Tokens'],
  summary: 'Revoke tokens',
  description:
    'Of your tenant: one by its `jti`, or all that a `subject` has been issued until now. What they have opened ' +
    'is closed at once. `expiresAt` says when none of them can be valid any more; without it the revocation is kept ' +
    'for the longest lifetime of a token, or for good if the settings name none. For the role that the settings name.',
  request: {
    body: body('`{ subject, expiresAt? }` or `{ jti, expiresAt? }`', {
      type: 'object',
      properties: {
        subject: { type: 'string' },
        jti: { type: 'string' },
        expiresAt: { type: 'string', format: 'date-time' },
      },
    }),
  },
  responses: responses(201, 'The revocation, in force', revocationSchema),
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/revocations',
  tags: ['Tokens'],
  summary: 'List the revocations in force',
  description: 'Of your tenant, the newest first. For the role that the settings name.',
  request: {
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(200) }),
  },
  responses: responses(200, 'Revocations', z.object({ items: z.array(revocationSchema) })),
})

export function mountRevocationRoutes(app: RestApp, parts: RestParts): void {
  const { revocations, now } = parts

  app.openapi(revokeRoute, async (c) => {
    checkRevoker(c, parts)
    const { subject, jti, expiresAt = null } = await readBody(c, revocationBody)
    const expiry = expiresAt === null ? null : new Date(expiresAt).toISOString()
    if (expiry !== null && expiry <= now())
      throw new SluiceError('bad_request', 'expiresAt: takes an instant in the future', {
        member: 'expiresAt',
      })
    const { tenant, subject: revokedBy } = c.get('actor')
    const revoked = await revocations.revoke({
      tenant,
      kind: jti === undefined ? 'subject' : 'token',
      name: jti ?? subject ?? '',
      revokedBy,
      expiresAt: expiry,
    })
    return jsonResponse(revocationAnswer(revoked), 201)
  })

  app.openapi(listRoute, (c) => {
    checkRevoker(c, parts)
    const items = revocations.list(c.get('actor').tenant).slice(0, c.req.valid('query').limit)
    return jsonResponse({ items: items.map(revocationAnswer) })
  })
}

/** @throws SluiceError `forbidden` */
function checkRevoker(c: RestContext, { authenticator, revokerRole }: RestParts): void {
  if (authenticator.isOpen)
    throw new SluiceError('forbidden', 'an open demo verifies no tokens to be revoked')
  if (mayRevoke(c.get('actor'), revokerRole)) return
  throw new SluiceError(
    'forbidden',
    revokerRole === undefined
      ? 'nobody may revoke tokens here: SLUICE_REVOKER_ROLE names no role'
      : 'your roles may not revoke tokens',
  )
}

const revocationAnswer = ({ kind, name: revoked, revokedAt, revokedBy, expiresAt }: Revocation) => ({
  ...(kind === 'subject' ? { subject: revoked } : { jti: revoked }),
  revokedAt,
  revokedBy,
  expiresAt,
})
