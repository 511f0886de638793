/** The inbox over REST: list, read, decide, take a decision back (C4–C6). */
import { createRoute, z } from '@hono/zod-openapi'
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json } from '../../../shared/json.ts'
import { mayResolve } from '../../auth/authorize.ts'
import type { RecordCommand } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { conflictAnswer } from './conflict-answer.ts'
import { badRequest } from './problem.ts'
import { readJsonBody } from './read-json.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { originOf } from './rest-context.ts'
import { answers, body, conflictParams, decisionHeaders, pageQuery, responses } from './rest-schemas.ts'

const SIDES_SEEN_MAX = 1_000
const NOTE_LENGTH_MAX = 4_096

const states = z.enum(['open', 'resolved', 'reopened'])

const listRoute = createRoute({
  method: 'get',
  path: '/v1/conflicts',
  tags: ['Inbox'],
  summary: 'List conflicts',
  description: 'Newest first. `state` takes several, as in `open,reopened`: those two wait for a decision.',
  request: {
    query: z.strictObject({
      state: z
        .string()
        .transform((text) => text.split(','))
        .pipe(z.array(states))
        .optional()
        .openapi({ type: 'string' }),
      collection: z.string().optional(),
      record: z.string().optional(),
      ...pageQuery,
    }),
  },
  responses: responses(200, 'A page of conflicts', answers.conflicts),
})

const readRoute = createRoute({
  method: 'get',
  path: '/v1/conflicts/{id}',
  tags: ['Inbox'],
  summary: 'Read a conflict',
  request: { params: conflictParams },
  responses: responses(200, 'The conflict', answers.conflict),
})

const resolveRoute = createRoute({
  method: 'put',
  path: '/v1/conflicts/{id}/resolution',
  tags: ['Inbox'],
  summary: 'Decide a conflict',
  description:
    'Choose a side or give another value, and name every side that you have seen. If another has arrived ' +
    'meanwhile, the answer is 409 with the conflict as it is now.',
  request: {
    params: conflictParams,
    headers: decisionHeaders,
    body: body('`{ choose, seen, note? }` or `{ value, seen, note? }`', {
      type: 'object',
      required: ['seen'],
      properties: {
        choose: { type: 'string', description: 'Id of the side to put in force.' },
        value: { description: 'Another value to put in force; null clears the field.' },
        seen: { type: 'array', items: { type: 'string' }, description: 'Ids of all sides you have seen.' },
        note: { type: 'string' },
      },
    }),
  },
  responses: responses(200, 'The conflict, resolved', answers.conflict),
})

const undoRoute = createRoute({
  method: 'delete',
  path: '/v1/conflicts/{id}/resolution',
  tags: ['Inbox'],
  summary: 'Take a decision back',
  description: 'The sides stand against each other again.',
  request: { params: conflictParams, headers: decisionHeaders },
  responses: responses(200, 'The conflict, reopened', answers.conflict),
})

const decisionSchema = z
  .strictObject({
    choose: z.string().optional(),
    value: z.custom<Json>().optional(),
    seen: z.array(z.string()).max(SIDES_SEEN_MAX),
    note: z.string().max(NOTE_LENGTH_MAX).nullable().default(null),
  })
  .refine((decision) => (decision.choose === undefined) !== (decision.value === undefined), {
    path: ['choose'],
    message: 'give either a side to choose or a value',
  })

export function mountConflictRoutes(app: RestApp, parts: RestParts): void {
  const { storage, now } = parts

  app.openapi(listRoute, async (c) => {
    const { state = null, collection = null, record = null, cursor = null, limit } = c.req.valid('query')
    const { tenant } = c.var.actor
    const filter = { tenant, states: state, collection, recordId: record, cursor, limit }
    const page = await storage.listConflicts(filter)
    return jsonResponse({
      items: page.items.map(({ conflict, key }) => conflictAnswer(conflict, key)),
      next: page.next,
    })
  })

  app.openapi(readRoute, async (c) => {
    const { conflict, key } = await findConflict(c, parts, c.req.valid('param').id)
    return jsonResponse(conflictAnswer(conflict, key))
  })

  app.openapi(resolveRoute, async (c) => {
    const stored = await findConflict(c, parts, c.req.valid('param').id)
    checkMayDecide(c, parts, stored)
    const { value: sent } = await readJsonBody(c)
    const parsed = decisionSchema.safeParse(sent)
    if (!parsed.success) throw badRequest(parsed.error)
    const { choose, value = null, seen, note } = parsed.data
    const decision = choose === undefined ? { value } : { choose }
    const origin = originOf(c, now)
    return decide(parts, stored, {
      type: 'resolve',
      conflictId: stored.conflict.id,
      decision,
      seen,
      note,
      origin,
    })
  })

  app.openapi(undoRoute, async (c) => {
    const stored = await findConflict(c, parts, c.req.valid('param').id)
    checkMayDecide(c, parts, stored)
    const origin = originOf(c, now)
    return decide(parts, stored, { type: 'undo', conflictId: stored.conflict.id, origin })
  })
}

async function findConflict(c: RestContext, { storage }: RestParts, id: string): Promise<StoredConflict> {
  const stored = await storage.readConflict(c.var.actor.tenant, id)
  if (stored === null) throw new SluiceError('not_found', 'there is no such conflict')
  return stored
}

/** @throws SluiceError `forbidden`, or `unknown_field` if the schema no longer has the field. */
function checkMayDecide(c: RestContext, { rooms }: RestParts, { conflict, key }: StoredConflict): void {
  const { fields } = rooms.collectionOf(key)
  for (const field of conflict.fields) {
    const spec = fields.get(field)
    if (spec === undefined)
      throw new SluiceError('unknown_field', `${key.collection} has no field "${field}"`, { field })
    if (!mayResolve(c.var.actor, spec))
      throw new SluiceError('forbidden', `${field}: your roles may not decide this conflict`, { field })
  }
}

async function decide(
  { rooms }: RestParts,
  { conflict, key }: StoredConflict,
  command: RecordCommand,
): Promise<Response> {
  const outcome = await rooms.record(key).submit(command)
  if (outcome.ok) return jsonResponse(conflictAnswer(outcome.conflict ?? conflict, key))
  throw withConflict(outcome.error, { conflict, key })
}

/** Tells the one who decides what the conflict is now, in the form in which he reads conflicts. */
function withConflict(error: SluiceError, { conflict, key }: StoredConflict): SluiceError {
  // The record knows only the latest conflict of each field.
  if (error.code === 'not_found')
    return new SluiceError('stale_resolution', 'the field has had another conflict since', {
      conflict: conflictAnswer(conflict, key),
    })
  const { conflict: now, ...details } = error.details
  return isConflict(now)
    ? new SluiceError(error.code, error.message, { ...details, conflict: conflictAnswer(now, key) })
    : error
}

const isConflict = (value: unknown): value is Conflict =>
  typeof value === 'object' && value !== null && 'incumbent' in value
