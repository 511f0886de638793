/** How the server does, for those who keep it: metrics for Prometheus, and figures and sessions for people (O1–O3). */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Actor } from '../../auth/actor.ts'
import { mayOperate } from '../../auth/may-operate.ts'
import { bearerToken } from './bearer-token.ts'
import { jsonResponse, textResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { instant, page, pageQuery, responses } from './rest-schemas.ts'

const count = z.number().int()
const ms = z.number()

const sampleSchema = z
  .object({
    ageMs: ms.openapi({ description: 'How long ago it ended.' }),
    commits: count,
    commands: count,
    refused: count,
    acknowledged: count,
    acknowledgementP50Ms: ms.nullable(),
    acknowledgementP95Ms: ms.nullable(),
    acknowledgementMaxMs: ms.nullable(),
    sessions: count,
    rooms: count,
    laggingTexts: count,
    eventLoopDelayMs: ms.openapi({ description: 'The longest.' }),
  })
  .openapi('OperationsSample')

const operationsSchema = z
  .object({
    at: instant,
    startedAt: instant,
    store: z.object({
      state: z.enum(['ok', 'failing']),
      reason: z.string().optional(),
      since: instant.optional(),
    }),
    server: z
      .object({
        sessions: z.record(z.string(), count).openapi({ description: 'By door.' }),
        rooms: z.object({ rooms: count, fields: count, text: count, bytes: count }),
        since: z.object({ commits: count, commands: count, refused: count }),
        projection: z.object({ working: count, failing: count }),
        memoryBytes: count,
      })
      .openapi({ description: 'Of the process, since its start.' }),
    tenant: z
      .object({
        sessions: count,
        openConflicts: count,
        oldestConflictAt: instant.nullable(),
        laggingTexts: count,
        laggingUpdates: count,
        outboxEvents: count.openapi({ description: 'Counted up to 10,000.' }),
      })
      .openapi({ description: 'Of your tenant.' }),
    window: z.object({
      sampleMs: count,
      samples: z.array(sampleSchema).openapi({ description: 'The last five minutes, oldest first.' }),
    }),
  })
  .openapi('Operations')

const sessionSchema = z
  .object({
    session: z.string(),
    subject: z.string(),
    device: z.string().nullable(),
    door: z.string(),
    since: instant,
    records: count.openapi({ description: 'That it has open.' }),
    waitingBytes: count.openapi({ description: 'That wait for its reader.' }),
  })
  .openapi('OpenSession')

const operationsRoute = createRoute({
  method: 'get',
  path: '/v1/operations',
  tags: ['Operations'],
  summary: 'Read how the server does',
  description: 'For the roles that `SLUICE_OPERATOR_ROLES` names; in an open demo for everybody.',
  request: { query: z.strictObject({}) },
  responses: responses(200, 'Figures of now and of the last five minutes', operationsSchema),
})

const sessionsRoute = createRoute({
  method: 'get',
  path: '/v1/operations/sessions',
  tags: ['Operations'],
  summary: 'List the sessions that are open',
  description: 'WebSockets of your tenant, the oldest first. For the same roles.',
  request: { query: z.strictObject({ ...pageQuery, cursor: z.coerce.number().int().min(0).optional() }) },
  responses: responses(200, 'A page of sessions', page(sessionSchema)),
})

export function mountOperatorRoutes(app: RestApp, parts: RestParts): void {
  const { authenticator, operations, sessions } = parts

  app.get('/metrics', async (c) => {
    const token = bearerToken(c.req.header('Authorization'))
    checkOperator(await authenticator.authenticate(token, c.env?.address), parts)
    const { contentType, text } = await operations.metrics()
    return textResponse(text, { 'Content-Type': contentType })
  })

  app.openapi(operationsRoute, async (c) => {
    const actor = c.get('actor')
    checkOperator(actor, parts)
    const { tenant, ...report } = await operations.report(actor.tenant)
    return jsonResponse({ ...report, tenant: { sessions: sessions.countOf(actor.tenant), ...tenant } })
  })

  app.openapi(sessionsRoute, async (c) => {
    const actor = c.get('actor')
    checkOperator(actor, parts)
    const { limit, cursor = 0 } = c.req.valid('query')
    const { items, next } = sessions.page(actor.tenant, cursor, limit)
    return jsonResponse({ items, next: next === null ? null : String(next) })
  })
}

/** @throws SluiceError `forbidden` */
function checkOperator(actor: Actor, { operatorRoles }: Pick<RestParts, 'operatorRoles'>): void {
  if (mayOperate(actor, operatorRoles)) return
  throw new SluiceError(
    'forbidden',
    operatorRoles.length === 0
      ? 'nobody may look into the server: SLUICE_OPERATOR_ROLES names no role'
      : 'your roles may not look into the server',
  )
}
