/** Erasing records over REST, and finding what a person has written: for the roles that the settings name (E7). */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { StoredErasure } from '../../storage/storage.ts'
import { readBody } from './read-body.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { keyOf, originOf } from './rest-context.ts'
import { body, instant, page, pageQuery, responses } from './rest-schemas.ts'

const REASON_LENGTH_MAX = 500
const name = z.string().min(1).max(256)

const erasureBody = z.strictObject({
  collection: name,
  id: name,
  reason: z.string().min(1).max(REASON_LENGTH_MAX),
  allowNew: z.boolean().default(false),
})

const erasureSchema = z
  .object({
    collection: z.string(),
    id: z.string(),
    epoch: z.number().int().openapi({ description: 'How often the record has been erased by then.' }),
    reason: z.string(),
    allowNew: z.boolean(),
    entries: z.number().int().openapi({ description: 'Journal entries that the stub stands for.' }),
    erasedBy: z.string(),
    erasedAt: instant,
  })
  .openapi('Erasure')

const eraseRoute = createRoute({
  method: 'post',
  path: '/v1/erasures',
  tags: ['Erasure'],
  summary: 'Erase a record for good',
  description:
    'With its history, conflicts and log. A stub stays, which says who erased it, when and why; so `reason` must tell ' +
    'nothing of the person. With `allowNew` the record may begin anew. `pending` says that the files may still ' +
    'hold something of it, because a backup is being read. For the roles that the settings name.',
  request: {
    body: body('`{ collection, id, reason, allowNew? }`', {
      type: 'object',
      properties: {
        collection: { type: 'string' },
        id: { type: 'string' },
        reason: { type: 'string', maxLength: REASON_LENGTH_MAX },
        allowNew: { type: 'boolean', default: false },
      },
      required: ['collection', 'id', 'reason'],
    }),
  },
  responses: responses(201, 'The stub', erasureSchema.extend({ pending: z.boolean() })),
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/erasures',
  tags: ['Erasure'],
  summary: 'List what was erased',
  description: 'Of your tenant, the newest first. For the roles that the settings name.',
  request: { query: z.strictObject(pageQuery) },
  responses: responses(200, 'A page of stubs', page(erasureSchema)),
})

const contributionsRoute = createRoute({
  method: 'get',
  path: '/v1/contributions/{subject}',
  tags: ['Erasure'],
  summary: 'List the records that hold something by an author',
  description:
    'Of your tenant, by collection and id: fields that he wrote or tried to, text, and steps in the inbox. For the ' +
    'roles that the settings name.',
  request: { params: z.object({ subject: name }), query: z.strictObject(pageQuery) },
  responses: responses(
    200,
    'A page of records',
    page(z.object({ collection: z.string(), id: z.string() }).openapi('RecordName')),
  ),
})

export function mountErasureRoutes(app: RestApp, parts: RestParts): void {
  const { rooms, storage, now } = parts

  app.openapi(eraseRoute, async (c) => {
    checkEraser(c, parts)
    const { collection, id, reason, allowNew } = await readBody(c, erasureBody)
    const key = keyOf(c, { collection, id })
    const origin = originOf(c, now)
    const stub = await rooms.erase(key, { reason, allowNew, origin })
    return jsonResponse({ ...erasureAnswer(stub), pending: await storage.erasureIsPending() }, 201)
  })

  app.openapi(listRoute, async (c) => {
    checkEraser(c, parts)
    const { limit, cursor = null } = c.req.valid('query')
    const { items, next } = await storage.listErasures(c.get('actor').tenant, cursor, limit)
    return jsonResponse({ items: items.map(erasureAnswer), next })
  })

  app.openapi(contributionsRoute, async (c) => {
    checkEraser(c, parts)
    const { subject } = c.req.valid('param')
    const { limit, cursor = null } = c.req.valid('query')
    const { tenant } = c.get('actor')
    const { items, next } = await storage.listContributions({ tenant, subject, cursor, limit })
    return jsonResponse({ items: items.map(({ collection, id }) => ({ collection, id })), next })
  })
}

/** @throws SluiceError `forbidden` */
function checkEraser(c: RestContext, { erasureRoles }: RestParts): void {
  if (c.get('actor').roles.some((role) => erasureRoles.includes(role))) return
  throw new SluiceError(
    'forbidden',
    erasureRoles.length === 0
      ? 'nobody may erase records here: SLUICE_ERASURE_ROLES names no role'
      : 'your roles may not erase records',
  )
}

const erasureAnswer = ({ key, erasure, origin, entries }: StoredErasure) => ({
  collection: key.collection,
  id: key.id,
  epoch: erasure.epoch,
  reason: erasure.reason,
  allowNew: erasure.allowNew,
  entries,
  erasedBy: origin.subject,
  erasedAt: origin.receivedAt,
})
