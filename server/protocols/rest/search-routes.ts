/** The route that searches the texts of all records. */
import { createRoute, z } from '@hono/zod-openapi'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { answers, pageQuery, responses } from './rest-schemas.ts'

const QUERY_LENGTH_MAX = 256

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/search',
  tags: ['Text'],
  summary: 'Search texts',
  description: 'Best match first. Plain words; the last one may be the start of a word.',
  request: { query: z.strictObject({ q: z.string().min(1).max(QUERY_LENGTH_MAX), limit: pageQuery.limit }) },
  responses: responses(200, 'Passages with a match', answers.hits),
})

export function mountSearchRoutes(app: RestApp, { storage }: RestParts): void {
  app.openapi(searchRoute, async (c) => {
    const { q, limit } = c.req.valid('query')
    const hits = await storage.search(c.var.actor.tenant, q, limit)
    const items = hits.map(({ key, field, excerpt }) => ({
      collection: key.collection,
      id: key.id,
      field,
      excerpt,
    }))
    return jsonResponse({ items })
  })
}
