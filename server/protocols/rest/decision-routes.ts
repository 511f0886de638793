/** Decisions over REST: decide, approve, withdraw, dismiss, take back (C5–C7). */
import { createRoute } from '@hono/zod-openapi'
import type { RecordCommand } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { conflictToWorkOn, work } from './conflict-access.ts'
import { approveBody, conflictAnswers, decisionBody, dismissBody } from './conflict-schemas.ts'
import { decisionCommand } from './decision-command.ts'
import { readBody } from './read-body.ts'
import { outcomesAnswer } from './record-answer.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { originOf } from './rest-context.ts'
import { body, conflictParams, decisionHeaders, responses } from './rest-schemas.ts'

const decided = {
  ...responses(200, 'The conflict, decided', conflictAnswers.corrected),
  ...responses(202, 'The conflict, awaiting the approval of another person', conflictAnswers.conflict),
}

const resolveRoute = createRoute({
  method: 'put',
  path: '/v1/conflicts/{id}/resolution',
  tags: ['Inbox'],
  summary: 'Decide a conflict',
  description:
    'Choose a side or give another value, and name every side that you have seen. If another has arrived ' +
    'meanwhile, the answer is 409 with the conflict as it is now. Where a decision takes several persons it is ' +
    'proposed, in the place of an earlier proposal. The values for a dead letter are written like any other.',
  parameters: decisionHeaders,
  request: {
    params: conflictParams,
    body: body('`{ choose, seen, note? }`, `{ value, seen, note? }` or `{ values, seen, note? }`', {
      type: 'object',
      required: ['seen'],
      properties: {
        choose: { type: 'string', description: 'Id of the side to put in force.' },
        value: { description: 'Another value to put in force; null clears the field.' },
        values: { type: 'object', description: 'Of linked fields, and of a dead letter: a value for each.' },
        seen: { type: 'array', items: { type: 'string' }, description: 'Ids of all sides you have seen.' },
        note: { type: 'string' },
      },
    }),
  },
  responses: decided,
})

const undoRoute = createRoute({
  method: 'delete',
  path: '/v1/conflicts/{id}/resolution',
  tags: ['Inbox'],
  summary: 'Take a decision back',
  description: 'Also a dismissal. The sides stand against each other again.',
  parameters: decisionHeaders,
  request: { params: conflictParams },
  responses: responses(200, 'The conflict, reopened', conflictAnswers.conflict),
})

const approveRoute = createRoute({
  method: 'put',
  path: '/v1/conflicts/{id}/approval',
  tags: ['Inbox'],
  summary: 'Approve a proposal',
  description: 'Each person counts once, and who proposes has agreed already. The last one puts it in force.',
  parameters: decisionHeaders,
  request: {
    params: conflictParams,
    body: body('`{ proposal }`: the id of the proposal that you have read', {
      type: 'object',
      required: ['proposal'],
      properties: { proposal: { type: 'string' } },
    }),
  },
  responses: decided,
})

const withdrawRoute = createRoute({
  method: 'delete',
  path: '/v1/conflicts/{id}/proposal',
  tags: ['Inbox'],
  summary: 'Withdraw a proposal',
  parameters: decisionHeaders,
  request: { params: conflictParams },
  responses: responses(200, 'The conflict, open again', conflictAnswers.conflict),
})

const dismissRoute = createRoute({
  method: 'put',
  path: '/v1/conflicts/{id}/dismissal',
  tags: ['Inbox'],
  summary: 'Dismiss a conflict',
  description: 'Says that there is nothing to decide: what is in force stays. A dead letter is closed.',
  parameters: decisionHeaders,
  request: {
    params: conflictParams,
    body: body('`{ note, seen }`', {
      type: 'object',
      required: ['note', 'seen'],
      properties: { note: { type: 'string' }, seen: { type: 'array', items: { type: 'string' } } },
    }),
  },
  responses: decided,
})

export function mountDecisionRoutes(app: RestApp, parts: RestParts): void {
  const { now } = parts

  app.openapi(resolveRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const command = decisionCommand(parts, stored, await readBody(c, decisionBody), originOf(c, now))
    if (command.type !== 'correct') return submit(c, parts, stored, command)
    const { answer, outcome } = await work(c.get('actor'), parts, stored, command)
    return jsonResponse({ ...answer, outcomes: outcomesAnswer(outcome.fields) })
  })

  app.openapi(undoRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    return submit(c, parts, stored, {
      type: 'undo',
      conflictId: stored.conflict.id,
      origin: originOf(c, now),
    })
  })

  app.openapi(approveRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const { proposal } = await readBody(c, approveBody)
    const origin = originOf(c, now)
    return submit(c, parts, stored, { type: 'approve', conflictId: stored.conflict.id, proposal, origin })
  })

  app.openapi(withdrawRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const step = { type: 'withdraw' } as const
    return submit(c, parts, stored, {
      type: 'step',
      conflictId: stored.conflict.id,
      step,
      origin: originOf(c, now),
    })
  })

  app.openapi(dismissRoute, async (c) => {
    const stored = await conflictToWorkOn(c.get('actor'), parts, c.req.valid('param').id)
    const { note, seen } = await readBody(c, dismissBody)
    const decision = { dismiss: true } as const
    return submit(c, parts, stored, {
      type: 'resolve',
      conflictId: stored.conflict.id,
      decision,
      seen,
      note,
      origin: originOf(c, now),
    })
  })
}

/** 202 for what is not in force before another person has approved it. */
async function submit(
  c: RestContext,
  parts: RestParts,
  stored: StoredConflict,
  command: RecordCommand,
): Promise<Response> {
  const { answer } = await work(c.get('actor'), parts, stored, command)
  const isWaiting = command.type !== 'step' && answer.state === 'awaiting-approval'
  return jsonResponse(answer, isWaiting ? 202 : 200)
}
