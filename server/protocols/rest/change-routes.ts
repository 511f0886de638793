/** The change log over REST: list it, follow it, write a lost change again. */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { mayRestore } from '../../auth/authorizer.ts'
import type { FieldChangeSelection, StoredFieldChange } from '../../storage/change-log.ts'
import { watchToken } from '../token-watch.ts'
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
import { findChange, noChange, restoringOps } from './restore-change.ts'
import { StreamPlaces } from './stream-places.ts'
import { visibilityFor } from './visibility.ts'
import { visiblePage } from './visible-page.ts'

const changesRoute = createRoute({
  method: 'get',
  path: '/v1/changes',
  tags: ['Change log'],
  summary: 'List or follow what became of field writes',
  description:
    'Newest first. `outcome` takes several, as in `superseded,rejected`; with `author` it lists what he has ' +
    'lost. With `Accept: text/event-stream` the answer goes on: an event per item, oldest first, `conflict` for ' +
    'one that is held and `change` for every other, from the position after `Last-Event-ID` or `after` on, or else from now on.',
  parameters: feedHeaders,
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
  parameters: writeHeaders,
  request: { params: changeParams, query: z.strictObject({}) },
  responses: responses(200, 'The record, and what became of the field', answers.written),
})

export function mountChangeRoutes(app: RestApp, parts: RestParts): void {
  const { storage, limits } = parts
  const places = new StreamPlaces(limits)

  app.openapi(changesRoute, async (c) => {
    const { collection, record: recordId, author, outcome: outcomes, after, ...page } = c.req.valid('query')
    const { tenant } = c.get('actor')
    const selection = { tenant, collection, recordId, subject: author, outcomes, after }
    const start = acceptsEvents(c) ? (lastEventId(c) ?? after) : after
    if (start !== undefined) await refuseLost(storage, start)
    if (acceptsEvents(c)) return follow(c, parts, places, { ...selection, after: start })
    const { limit, cursor = null } = page
    const visibility = visibilityFor(c, parts)
    const answered = await visiblePage(
      { cursor, limit },
      (request) => storage.listFieldChanges({ ...selection, ...request }),
      async (change) => ((await visibility.seesChange(change)) ? changeAnswer(change) : null),
    )
    return jsonResponse(answered)
  })

  app.openapi(restoreRoute, async (c) => {
    const actor = c.get('actor')
    const change = await findChange(storage, actor.tenant, c.req.valid('param').position)
    if (!(await visibilityFor(c, parts).seesChange(change))) throw noChange()
    if (!mayRestore(actor, change.origin.subject))
      throw new SluiceError('forbidden', 'only its author may write a lost change again')
    return answerWrite(c, parts, {
      key: change.key,
      intent: 'update',
      ops: restoringOps(change),
      saw: seenVersionOf(c, undefined),
      body: '',
    })
  })
}

function follow(
  c: RestContext,
  parts: RestParts,
  places: StreamPlaces,
  selection: FieldChangeSelection,
): Response {
  const { storage, feed, stopping, log } = parts
  const requestId = c.get('requestId')
  const actor = c.get('actor')
  return eventStreamResponse(
    (ended) => blocksOf(seenBatches(c, parts, followChanges({ storage, ...feed }, selection, ended))),
    {
      stopping,
      watchReader: (onEnd) => watchToken(parts, actor, onEnd),
      // The body of an answer to HEAD is never read, and would never give its place back.
      onEnd: c.req.method === 'HEAD' ? () => {} : places.take(actor),
      onError: (error) => log.error({ err: error, requestId }, 'a change feed broke off'),
    },
  )
}

/** Rights may change with a record, so each batch is looked at anew. Of a batch that holds nothing to see, its end is told. */
async function* seenBatches(
  c: RestContext,
  parts: RestParts,
  batches: ReturnType<typeof followChanges>,
): ReturnType<typeof followChanges> {
  for await (const { changes, position } of batches) {
    const visibility = visibilityFor(c, parts)
    const seen: StoredFieldChange[] = []
    for (const change of changes) if (await visibility.seesChange(change)) seen.push(change)
    yield { changes: seen, position }
  }
}

async function* blocksOf(batches: ReturnType<typeof followChanges>): AsyncGenerator<string, void> {
  for await (const { changes, position } of batches)
    yield changes.length === 0
      ? heartbeatBlock(position)
      : changes.map((change) => eventBlock(eventOf(change), change.position, changeAnswer(change))).join('')
}

/** A write that waits for a person is no failure: whoever follows the log can listen for it alone (F7). */
const eventOf = ({ outcome }: StoredFieldChange): string => (outcome === 'held' ? 'conflict' : 'change')

const acceptsEvents = (c: RestContext): boolean =>
  /\btext\/event-stream\b/i.test(c.req.header('Accept') ?? '')

/**
 * A reader who is ahead of the log has been told of changes that a restore took back. To go on would hide that.
 * @throws SluiceError `lost_position`
 */
async function refuseLost(storage: RestParts['storage'], position: number): Promise<void> {
  if (await storage.isLostPosition(position))
    throw new SluiceError('lost_position', `the log has no position ${position} any more`)
}

/** Where a reader who connects again has stopped: he repeats his address, so this goes before `after`. */
function lastEventId(c: RestContext): number | undefined {
  const header = c.req.header('Last-Event-ID')
  if (header === undefined || header === '') return undefined
  if (!/^\d{1,15}$/.test(header))
    throw new SluiceError('bad_request', 'Last-Event-ID: takes the id of an event of this stream')
  return Number(header)
}
