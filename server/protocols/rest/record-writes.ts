/** Routes that write records: each becomes one semantic change at the version that its author saw (W7). */
import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { answerWrite } from './answer-write.ts'
import { fieldsToOps, patchToOps } from './patch-to-ops.ts'
import { readJsonBody } from './read-json.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { keyOf, seenVersionOf } from './rest-context.ts'
import {
  answers,
  body,
  collectionParams,
  createHeaders,
  recordParams,
  responses,
  writeHeaders,
  writeQuery,
} from './rest-schemas.ts'

const PLACING =
  '`If-Match` or `base` names the version that the author saw, and the change is placed there: beside writes ' +
  'that he had not seen, it merges or is held. `Prefer: handling=strict` refuses such a write instead (412).'

const createRecordRoute = createRoute({
  method: 'post',
  path: '/v1/records/{collection}',
  tags: ['Records'],
  summary: 'Create a record',
  description: 'The members are fields and their values; `id` is chosen by the server if it is left out.',
  parameters: createHeaders,
  request: {
    params: collectionParams,
    query: z.strictObject({}),
    body: body('`{ id?, …fields }`', { type: 'object', additionalProperties: true }),
  },
  responses: responses(201, 'The record, and what became of its fields', answers.written),
})

const replaceRoute = createRoute({
  method: 'put',
  path: '/v1/records/{collection}/{id}',
  tags: ['Records'],
  summary: 'Write a complete record',
  description: `Fields that are left out are cleared, except counters. ${PLACING}`,
  parameters: writeHeaders,
  request: {
    params: recordParams,
    query: writeQuery,
    body: body('All fields and their values', { type: 'object', additionalProperties: true }),
  },
  responses: {
    ...responses(200, 'The record, and what became of its fields', answers.written),
    ...responses(201, 'The record was created', answers.written),
  },
})

const patchRoute = createRoute({
  method: 'patch',
  path: '/v1/records/{collection}/{id}',
  tags: ['Records'],
  summary: 'Change some fields',
  description: `A JSON merge patch (RFC 7396). ${PLACING}`,
  parameters: writeHeaders,
  request: {
    params: recordParams,
    query: writeQuery,
    body: body(
      'Fields with their new values; `{"$increment": n}` for a counter, `{"$add": […], "$remove": […]}` for a ' +
        'set or list, members to merge for a map, null to clear.',
      { type: 'object', additionalProperties: true },
    ),
  },
  responses: responses(200, 'The record, and what became of its fields', answers.written),
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/records/{collection}/{id}',
  tags: ['Records'],
  summary: 'Delete a record',
  description: 'Its history stays.',
  parameters: writeHeaders,
  request: { params: recordParams, query: writeQuery },
  responses: responses(204, 'The record is deleted'),
})

const ANY_VERSION = { heads: null, any: false }

export function mountRecordWrites(app: RestApp, parts: RestParts): void {
  app.openapi(createRecordRoute, async (c) => {
    const { text, value } = await readJsonBody(c)
    const { id = parts.newId(), ...fields } = value
    if (typeof id !== 'string') throw new SluiceError('bad_request', 'id: takes a string', { member: 'id' })
    const key = keyOf(c, { ...c.req.valid('param'), id })
    parts.rooms.collectionOf(key)
    const ops = fieldsToOps(fields)
    return answerWrite(c, parts, { key, intent: 'create', ops, saw: ANY_VERSION, body: text })
  })

  app.openapi(replaceRoute, async (c) => {
    const key = keyOf(c, c.req.valid('param'))
    parts.rooms.collectionOf(key)
    const saw = seenVersionOf(c, c.req.valid('query').base)
    const { text, value } = await readJsonBody(c)
    const ops = fieldsToOps(withoutId(value, key.id))
    const intent = c.req.header('If-None-Match')?.trim() === '*' ? 'create' : 'replace'
    return answerWrite(c, parts, { key, intent, ops, saw, body: text })
  })

  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c, c.req.valid('param'))
    const collection = parts.rooms.collectionOf(key)
    const saw = seenVersionOf(c, c.req.valid('query').base)
    const { text, value } = await readJsonBody(c)
    const result = patchToOps(collection, withoutId(value, key.id))
    if (!result.ok) throw result.error
    return answerWrite(c, parts, { key, intent: 'update', ops: result.ops, saw, body: text })
  })

  app.openapi(deleteRoute, async (c) => {
    const key = keyOf(c, c.req.valid('param'))
    parts.rooms.collectionOf(key)
    const saw = seenVersionOf(c, c.req.valid('query').base)
    return answerWrite(c, parts, { key, intent: 'delete', ops: [], saw, body: '' })
  })
}

/** A body may repeat the id of its path, and no other. */
function withoutId({ id, ...fields }: JsonObject & { readonly id?: Json }, expected: string): JsonObject {
  if (id !== undefined && id !== expected)
    throw new SluiceError('bad_request', 'id: differs from the id in the path', { member: 'id' })
  return fields
}
