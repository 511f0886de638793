/** The route that searches the texts of all records. */
import { createRoute, z } from '@hono/zod-openapi'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { answers, pageQuery, responses } from './rest-schemas.ts'
import { visibilityFor } from './visibility.ts'

const QUERY_LENGTH_MAX = 256
/** Best matches that are looked at: of those that the caller may not read, nothing is told. */
const HITS_MAX = 500

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/search',
  tags: ['Text'],
  summary: 'Search texts',
  description: 'Best match first. Plain words; the last one may be the start of a word.',
  request: { query: z.strictObject({ q: z.string().min(1).max(QUERY_LENGTH_MAX), limit: pageQuery.limit }) },
  responses: responses(200, 'Passages with a match', answers.hits),
})

export function mountSearchRoutes(app: RestApp, parts: RestParts): void {
  app.openapi(searchRoute, async (c) => {
    const { q, limit } = c.req.valid('query')
    const visibility = visibilityFor(c, parts)
    const items: object[] = []
    for (const hit of await parts.storage.search.find(
      c.get('actor').tenant,
      q,
      visibility.isWhole ? limit : HITS_MAX,
    )) {
      if (items.length === limit) break
      const { key, field, excerpt } = hit
      if (await visibility.seesChange(hit))
        items.push({ collection: key.collection, id: key.id, field, excerpt })
    }
    return jsonResponse({ items })
  })
}
