/** Bulk resolution over REST: by filter, with a dry run that counts first. */
import { createRoute } from '@hono/zod-openapi'
import { checkExpected, countConflicts, runBulk } from './bulk-decision.ts'
import { BULK_MAX, bulkBody, conflictAnswers, selectionOf } from './conflict-schemas.ts'
import { readBody } from './read-body.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { body, decisionHeaders, responses } from './rest-schemas.ts'
import { visibilityFor } from './visibility.ts'
import { visiblePage } from './visible-page.ts'

const bulkRoute = createRoute({
  method: 'post',
  path: '/v1/conflicts/bulk',
  tags: ['Inbox'],
  summary: 'Decide, dismiss or assign many conflicts',
  description:
    'A dry run counts what the filter finds. Send its `digest` or `count` as `expected` with the real run: if ' +
    'other conflicts or sides are there by then, nothing is done (409). Each conflict is decided on its own, as ' +
    `by a single request, and the answer says what became of it. At most ${BULK_MAX} at a time; \`next\` is the ` +
    'cursor for those that follow.',
  parameters: decisionHeaders,
  request: {
    body: body('`{ filter, action, note?, dryRun, expected?, limit?, cursor? }`', {
      type: 'object',
      required: ['filter', 'action', 'dryRun'],
      properties: {
        filter: {
          type: 'object',
          description:
            '`state` (an array; without it open, assigned and reopened), `collection`, `record`, `assignee` ' +
            '(null for unassigned), `field`, `kind`, `author`',
        },
        action: {
          type: 'object',
          description:
            '`{"choose": "incumbent" | "newest-challenger" | "oldest-challenger"}`, `{"dismiss": true}` or ' +
            '`{"assign": <subject or null>}`',
        },
        note: { type: 'string', description: 'Kept with each decision; a dismissal needs one.' },
        dryRun: { type: 'boolean' },
        expected: { description: 'The count or the digest of the dry run.' },
        limit: { type: 'integer', minimum: 1, maximum: BULK_MAX },
        cursor: { type: 'string' },
      },
    }),
  },
  responses: responses(200, 'What was counted, or what became of each conflict', conflictAnswers.bulk),
})

export function mountBulkRoutes(app: RestApp, parts: RestParts): void {
  app.openapi(bulkRoute, async (c) => {
    const request = await readBody(c, bulkBody)
    const { filter, dryRun, expected, limit, cursor } = request
    const actor = c.get('actor')
    const { assignee, ...others } = filter
    const selection = { ...selectionOf(others), assignee }
    const visibility = visibilityFor(c, parts)
    const { items, next } = await visiblePage(
      { cursor, limit },
      (page) => parts.storage.listConflicts({ ...selection, tenant: actor.tenant, ...page }),
      (stored) => visibility.seenConflict(stored),
    )
    checkExpected(expected, items)
    if (dryRun) return jsonResponse({ dryRun, ...(await countConflicts(visibility, items)), next })
    const results = await runBulk(c, parts, request, items)
    return jsonResponse({ dryRun, count: results.length, results, next })
  })
}
