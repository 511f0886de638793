/** The REST door: records, their text and history, the inbox, search, and the door's own description. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { mountUploadRoutes } from '../upload/upload-routes.ts'
import { bearerToken } from './bearer-token.ts'
import { mountBulkRoutes } from './bulk-routes.ts'
import { mountChangeRoutes } from './change-routes.ts'
import { mountConflictRoutes } from './conflict-routes.ts'
import { crossOrigin } from './cross-origin.ts'
import { mountDecisionRoutes } from './decision-routes.ts'
import { mountErasureRoutes } from './erasure-routes.ts'
import { mountInspectionRoutes } from './inspection-routes.ts'
import { limitBody } from './limit-body.ts'
import { mountOperationRoutes } from './operation-routes.ts'
import { mountOperatorRoutes } from './operator-routes.ts'
import { PathRouter } from './path-router.ts'
import { badRequest, problemResponse } from './problem.ts'
import { mountRecordReads } from './record-reads.ts'
import { mountRecordWrites } from './record-writes.ts'
import { requestLimit } from './request-limit.ts'
import type { RestApp, RestEnv, RestParts } from './rest-context.ts'
import { mountRevocationRoutes } from './revocation-routes.ts'
import { mountSchemaRoutes } from './schema-routes.ts'
import { mountSearchRoutes } from './search-routes.ts'
import { mountTextRoutes } from './text-routes.ts'

export function createRestApp(parts: RestParts): RestApp {
  const app: RestApp = new OpenAPIHono<RestEnv>({
    router: new PathRouter(),
    defaultHook: (result) => {
      if (!result.success) throw badRequest(result.error)
    },
  })
  if (parts.origins.length > 0) app.use(crossOrigin(parts.origins))
  mountGuards(app, parts)
  mountRecordReads(app, parts)
  mountRecordWrites(app, parts)
  mountUploadRoutes(app, parts)
  mountTextRoutes(app, parts)
  mountConflictRoutes(app, parts)
  mountBulkRoutes(app, parts)
  mountDecisionRoutes(app, parts)
  mountChangeRoutes(app, parts)
  mountSearchRoutes(app, parts)
  mountSchemaRoutes(app, parts)
  mountRevocationRoutes(app, parts)
  mountErasureRoutes(app, parts)
  mountInspectionRoutes(app, parts)
  mountOperatorRoutes(app, parts)
  mountOperationRoutes(app, parts)
  mountRefusals(app, parts)
  return app
}

function mountGuards(app: RestApp, { authenticator, newId, bodyBytesMax, allowance }: RestParts): void {
  app.use((c, next) => {
    c.set('requestId', newId())
    return next()
  })
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problemResponse(new SluiceError('method_not_allowed', `${c.req.method} is not served here`), {
          Allow: methods.join(', '),
        }),
    }),
  )
  app.use('/v1/*', async (c, next) => {
    // Without a listener there is no `env`.
    const token = bearerToken(c.req.header('Authorization'))
    c.set('actor', await authenticator.authenticate(token, c.env?.address))
    await next()
  })
  app.use('/v1/*', requestLimit(allowance))
  app.use('/v1/*', limitBody(bodyBytesMax))
}

function mountRefusals(app: RestApp, { log }: RestParts): void {
  app.notFound(() => problemResponse(new SluiceError('not_found', 'there is nothing at this address')))
  app.onError((error, c) => {
    if (error instanceof SluiceError) return problemResponse(error)
    // Whoever likes could fill the log with his own broken connections.
    if (isCutShort(error)) return problemResponse(new SluiceError('bad_request', 'the body: was cut short'))
    const requestId = c.get('requestId')
    log.error({ err: error, requestId, method: c.req.method, path: c.req.path }, 'a request failed')
    return problemResponse(new SluiceError('internal', 'the request could not be processed', { requestId }))
  })
}

/** The client has gone in the middle of his body. Nobody hears the answer. */
const isCutShort = (error: Error): boolean => 'code' in error && error.code === 'ECONNRESET'
