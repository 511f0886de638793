/** Looks into one record (O4): what its documents are made of and take, who is there, and what was written after what. */
import { createRoute, z } from '@hono/zod-openapi'
import { graphPage } from './causal-graph-answer.ts'
import { inspectionAnswer } from './inspection-answer.ts'
import { graphNodeSchema, inspectionSchema } from './inspection-schemas.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { page, pageQuery, recordParams, responses } from './rest-schemas.ts'
import { seenRecord } from './seen-record.ts'
import { visibilityFor } from './visibility.ts'

const inspectionRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/inspection',
  tags: ['Operations'],
  summary: 'Look into a record',
  description:
    'Its documents with their sizes, heads and clocks, its text, who has it open, what waits. Documents that you may not ' +
    'read whole are left out. `sizes=false` leaves out what has to be measured.',
  request: {
    params: recordParams,
    query: z.strictObject({ sizes: z.enum(['true', 'false']).default('true') }),
  },
  responses: responses(200, 'What is known of the record', inspectionSchema),
})

const graphRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/graph',
  tags: ['Operations'],
  summary: 'Read what was written after what',
  description:
    'Changes of one of its Automerge documents, the newest first: each with those that it builds on, what became of its ' +
    'fields, and the conflicts that it is a side of.',
  request: {
    params: recordParams,
    query: z.strictObject({
      document: z
        .string()
        .default('fields')
        .openapi({ description: 'As the inspection names it: `fields`, or `fields:` and a compartment.' }),
      limit: pageQuery.limit,
      cursor: z.coerce.number().int().min(1).optional(),
    }),
  },
  responses: responses(200, 'A page of changes', page(graphNodeSchema)),
})

export function mountInspectionRoutes(app: RestApp, parts: RestParts): void {
  app.openapi(inspectionRoute, async (c) => {
    const found = await seenRecord(c, parts, c.req.valid('param'))
    const wantSizes = c.req.valid('query').sizes === 'true'
    return jsonResponse(await inspectionAnswer(parts, visibilityFor(c, parts), found, wantSizes))
  })

  app.openapi(graphRoute, async (c) => {
    const found = await seenRecord(c, parts, c.req.valid('param'))
    const { document, limit, cursor } = c.req.valid('query')
    const visibility = visibilityFor(c, parts)
    return jsonResponse(
      await graphPage(parts, visibility, found, { lane: document, limit, before: cursor ?? null }),
    )
  })
}
