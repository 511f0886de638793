/** Routes for those who run the server or write a client: health, and the door's own description. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { docsPage } from './docs-page.ts'
import { problemResponse } from './problem.ts'
import { jsonResponse, textResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'

export function mountOperationRoutes(app: RestApp, { health, version }: RestParts): void {
  const description = () =>
    app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Sluice', version },
      security: [{ bearer: [] }],
    })
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })

  app.get('/openapi.json', () => jsonResponse(description()))
  app.get('/docs', () =>
    textResponse(docsPage(description()), {
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    }),
  )
  /** The process lives. */
  app.get('/healthz', () => jsonResponse({ status: 'ok', version }))
  /** The server takes writes. */
  app.get('/readyz', () => {
    const { status } = health
    if (status.state === 'ok') return jsonResponse({ status: 'ready' })
    return problemResponse(new SluiceError('store_unavailable', status.reason, { since: status.since }))
  })
}
