/** The change log over REST: list it, follow it, write a lost change again. */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { mayRestore } from '../../auth/authorize.ts'
import type { FieldChangeSelection } from '../../storage/storage.ts'
import { answerWrite } from './answer-write.ts'
import { changeAnswer } from './change-answer.ts'
import { followChanges } from './change-feed.ts'
import { eventBlock, eventStreamResponse, heartbeatBlock } from './event-stream.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { seenVersionOf } from './rest-context.ts'
import {
  answers,
  changeParams,
  feedHeaders,
  outcome,
  pageQuery,
  responses,
  writeHeaders,
} from './rest-schemas.ts'
import { findChange, restoringOp } from './restore-change.ts'

const changesRoute = createRoute({
  method: 'get',
  path: '/v1/changes',
  tags: ['Change log'],
  summary: 'List or follow what became of field writes',
  description:
    'Newest first. `outcome` takes several, as in `superseded,rejected`; with `author` it lists what he has ' +
    'lost. With `Accept: text/event-stream` the answer goes on: an event `change` per item, oldest first, from ' +
    'the position after `Last-Event-ID` or `after` on, or else from now on.',
  request: {
    query: z.strictObject({
      collection: z.string().optional(),
      record: z.string().optional(),
      author: z.string().optional(),
      outcome: z
        .string()
        .transform((text) => text.split(','))
        .pipe(z.array(outcome))
        .optional()
        .openapi({ type: 'string' }),
      after: z.coerce.number().int().min(0).optional().openapi({ description: 'Only later positions.' }),
      ...pageQuery,
    }),
    headers: feedHeaders,
  },
  responses: responses(200, 'A page of changes, or a stream of them', answers.changes),
})

const restoreRoute = createRoute({
  method: 'post',
  path: '/v1/changes/{position}/restore',
  tags: ['Change log'],
  summary: 'Write a lost change again',
  description:
    'Takes a change that was superseded or rejected, and writes its value again as a new change by the caller ' +
    'on the record as it is now; a rejected increment increments. Its author may do so, and whoever has every role.',
  request: { params: changeParams, query: z.strictObject({}), headers: writeHeaders },
  responses: responses(200, 'The record, and what became of the field', answers.written),
})

export function mountChangeRoutes(app: RestApp, parts: RestParts): void {
  const { storage } = parts

  app.openapi(changesRoute, async (c) => {
    const { collection, record: recordId, author, outcome: outcomes, after, ...page } = c.req.valid('query')
    const { tenant } = c.var.actor
    const selection = { tenant, collection, recordId, subject: author, outcomes, after }
    if (acceptsEvents(c)) return follow(c, parts, { ...selection, after: lastEventId(c) ?? after })
    const { limit, cursor = null } = page
    const { items, next } = await storage.listFieldChanges({ ...selection, cursor, limit })
    return jsonResponse({ items: items.map(changeAnswer), next })
  })

  app.openapi(restoreRoute, async (c) => {
    const { actor } = c.var
    const change = await findChange(storage, actor.tenant, c.req.valid('param').position)
    if (!mayRestore(actor, change.origin.subject))
      throw new SluiceError('forbidden', 'only its author may write a lost change again')
    const op = restoringOp(change)
    return answerWrite(c, parts, {
      key: change.key,
      intent: 'update',
      ops: [op],
      saw: seenVersionOf(c, undefined),
      body: '',
    })
  })
}

function follow(c: RestContext, parts: RestParts, selection: FieldChangeSelection): Response {
  const { storage, feed, stopping, log } = parts
  const { requestId } = c.var
  return eventStreamResponse(
    (ended) => blocksOf(followChanges({ storage, ...feed }, selection, ended)),
    stopping,
    (error) => log.error({ err: error, requestId }, 'a change feed broke off'),
  )
}

async function* blocksOf(batches: ReturnType<typeof followChanges>): AsyncGenerator<string, void> {
  for await (const { changes, position } of batches)
    yield changes.length === 0
      ? heartbeatBlock(position)
      : changes.map((change) => eventBlock('change', change.position, changeAnswer(change))).join('')
}

const acceptsEvents = (c: RestContext): boolean =>
  /\btext\/event-stream\b/i.test(c.req.header('Accept') ?? '')

/** Where a reader who connects again has stopped: he repeats his address, so this goes before `after`. */
function lastEventId(c: RestContext): number | undefined {
  const header = c.req.header('Last-Event-ID')
  if (header === undefined || header === '') return undefined
  if (!/^\d{1,15}$/.test(header))
    throw new SluiceError('bad_request', 'Last-Event-ID: takes the id of an event of this stream')
  return Number(header)
}
