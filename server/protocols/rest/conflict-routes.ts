/** The inbox over REST: list and read conflicts, assign them, comment on them (C7). Decisions are in `decision-routes.ts`. */
import { createRoute } from '@hono/zod-openapi'
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { conflictToWorkOn, findConflict, work } from './conflict-access.ts'
import { conflictAnswer } from './conflict-answer.ts'
import { assignBody, commentBody, conflictAnswers, conflictQuery, selectionOf } from './conflict-schemas.ts'
import { readBody } from './read-body.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { originOf } from './rest-context.ts'
import { body, conflictParams, decisionHeaders, responses } from './rest-schemas.ts'
import { visibilityFor } from './visibility.ts'
import { visiblePage } from './visible-page.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/v1/conflicts',
  tags: ['Inbox'],
  summary: 'List conflicts',
  description:
    'Newest first. All states but `resolved` and `dismissed` wait for somebody. `kind=dead-letter` lists ' +
    'operations that could never be carried out.',
  request: { query: conflictQuery },
  responses: responses(200, 'A page of conflicts', conflictAnswers.conflicts),
})

const readRoute = createRoute({
  method: 'get',
  path: '/v1/conflicts/{id}',
  tags: ['Inbox'],
  summary: 'Read a conflict',
  request: { params: conflictParams },
  responses: responses(200, 'The conflict', conflictAnswers.conflict),
})

const assignRoute = createRoute({
  method: 'patch',
  path: '/v1/conflicts/{id}',
  tags: ['Inbox'],
  summary: 'Assign a conflict',
  description: 'To a subject, or with null to nobody. It does not keep others from deciding it.',
  parameters: decisionHeaders,
  request: {
    params: conflictParams,
    body: body('`{ assignee }`', {
      type: 'object',
      required: ['assignee'],
      properties: { assignee: { type: ['string', 'null'] } },
    }),
  },
  responses: responses(200, 'The conflict', conflictAnswers.conflict),
})

const commentRoute = createRoute({
  method: 'post',
  path: '/v1/conflicts/{id}/comments',
  tags: ['Inbox'],
  summary: 'Comment on a conflict',
  parameters: decisionHeaders,
  request: {
    params: conflictParams,
    body: body('`{ text }`', {
      type: 'object',
      required: ['text'],
      properties: { text: { type: 'string' } },
    }),
  },
  responses: responses(201, 'The conflict, with the comment among its events', conflictAnswers.conflict),
})

export function mountConflictRoutes(app: RestApp, parts: RestParts): void {
  const { storage, now } = parts

  app.openapi(listRoute, async (c) => {
    const { cursor = null, limit, ...query } = c.req.valid('query')
    const { tenant } = c.get('actor')
    const visibility = visibilityFor(c, parts)
    const page = await visiblePage(
      { cursor, limit },
      (request) => storage.listConflicts({ ...selectionOf(query), tenant, ...request }),
      async (stored) => {
        const seen = await visibility.seenConflict(stored)
        // Of a value that is kept from him he must not learn what it holds, either (A3).
        if (seen === null || !hasValue(seen.conflict, query.value)) return null
        return conflictAnswer(seen.conflict, seen.key, (await visibility.mayResolve(stored)).ok)
      },
    )
    return jsonResponse(page)
  })

  app.openapi(readRoute, async (c) => {
    const stored = await findConflict(c.get('actor'), parts, c.req.valid('param').id)
    const { ok } = await visibilityFor(c, parts).mayResolve(stored)
    return jsonResponse(conflictAnswer(stored.conflict, stored.key, ok))
  })

  app.openapi(assignRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const { assignee } = await readBody(c, assignBody)
    const step = { type: 'assign', assignee } as const
    const command = { type: 'step', conflictId: stored.conflict.id, step, origin: originOf(c, now) } as const
    return jsonResponse((await work(c.get('actor'), parts, stored, command)).answer)
  })

  app.openapi(commentRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const { text } = await readBody(c, commentBody)
    const step = { type: 'comment', text } as const
    const command = { type: 'step', conflictId: stored.conflict.id, step, origin: originOf(c, now) } as const
    return jsonResponse((await work(c.get('actor'), parts, stored, command)).answer, 201)
  })
}

function hasValue({ incumbent, alongside, challengers }: Conflict, text: string | undefined): boolean {
  if (text === undefined) return true
  const wanted = text.toLowerCase()
  return [incumbent, ...alongside, ...challengers].some(({ value }) =>
    JSON.stringify(value).toLowerCase().includes(wanted),
  )
}
