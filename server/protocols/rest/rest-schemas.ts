/** Shapes of requests and answers, as the routes check them and the OpenAPI document tells them. */

import type { RouteConfig } from '@hono/zod-openapi'
import { z } from '@hono/zod-openapi'

type Responses = RouteConfig['responses']
type RequestBody = Exclude<NonNullable<RouteConfig['request']>['body'], undefined>
type BodySchema = { readonly [member: string]: unknown }

const PAGE_LIMIT_MAX = 200
const PAGE_LIMIT_DEFAULT = 50

export const collectionParams = z.object({ collection: z.string() })
export const recordParams = z.object({ collection: z.string(), id: z.string() })
export const changeParams = z.object({ position: z.coerce.number().int().min(1) })
export const conflictParams = z.object({ id: z.string() })

/** How long a page is, and where it starts. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
}

export const writeQuery = z.strictObject({
  base: z.string().optional().openapi({ description: 'The version that the author saw; as If-Match.' }),
})

const header = (name: string, description: string) =>
  ({ in: 'header', name, description, schema: { type: 'string' } }) as const

/** Headers are told in the document; the routes read them themselves, since not all are plain text. */
export const decisionHeaders = [
  header(
    'Sluice-Metadata',
    'A JSON object, kept with the change: device, app version, reason. At most 4 KiB.',
  ),
  header('Sluice-Edited-At', 'When the edit was made, ISO 8601, if that is not now.'),
]
export const createHeaders = [
  ...decisionHeaders,
  header('Idempotency-Key', '1 to 128 characters; a repeated request is given the answer of the first.'),
]
export const writeHeaders = [
  ...createHeaders,
  header('If-Match', 'The version that the author saw, as in its ETag; or `*`.'),
  header('Prefer', '`handling=strict` refuses a stale write (412) instead of merging it.'),
]
export const feedHeaders = [
  header('Last-Event-ID', 'With `Accept: text/event-stream`: the last position that the reader has.'),
]
export const readHeaders = [header('If-None-Match', 'Versions that the reader has.')]

export const json = z.unknown().openapi({ description: 'Any JSON value.' })
export const instant = z.iso.datetime()
export const outcome = z.enum(['applied', 'merged', 'superseded', 'held', 'rejected', 'pending'])
const fieldOutcome = z.object({
  outcome,
  reason: z.string().optional(),
  conflictId: z.string().optional(),
  code: z.string().optional(),
})
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() })

const recordSchema = z
  .object({
    collection: z.string(),
    id: z.string(),
    version: z.string().openapi({ description: 'Opaque; also the ETag, in quotes.' }),
    automergeUrl: z.string(),
    automergeUrls: z.record(z.string(), z.string()).optional(),
    fields: z.record(z.string(), json),
    text: z.record(z.string(), z.string()).openapi({ description: 'Each rich-text field as plain text.' }),
    disputed: z
      .record(z.string(), z.object({ conflictId: z.string(), challengers: z.number().int() }))
      .openapi({ description: 'Fields that wait for a decision; `fields` shows the incumbent.' }),
    createdAt: instant,
    updatedAt: instant,
  })
  .openapi('Record')

const writtenSchema = recordSchema
  .extend({
    deleted: z.literal(true).optional().openapi({ description: 'The record is deleted, and stays so.' }),
    outcomes: z
      .record(z.string(), fieldOutcome)
      .openapi({ description: 'What became of each field that the request wrote.' }),
  })
  .openapi('WrittenRecord')

const pastSchema = recordSchema
  .pick({ collection: true, id: true, version: true, automergeUrl: true, automergeUrls: true, fields: true })
  .extend({ deleted: z.boolean() })
  .openapi('PastRecord')

/** Who wrote something, and from where. */
export const provenance = {
  author: z.string(),
  roles: z.array(z.string()),
  session: z.string(),
  door: z.string(),
  device: z.string().nullable(),
  metadata: z.record(z.string(), json),
  claimedAt: instant.nullable(),
  receivedAt: instant,
}

const fieldChangeSchema = z
  .object({
    position: z.number().int(),
    field: z.string(),
    operation: z.enum(['set', 'delete', 'increment', 'edit']),
    oldValue: json.openapi({
      description:
        'What was in force before; of a superseded write, what it wrote; of an edit, what it took out.',
    }),
    newValue: json.openapi({
      description:
        'What was written; of a superseded write, what is in force instead; of an increment the amount; of an ' +
        'edit within a set, list or map, what it put in.',
    }),
    outcome,
    reason: z.string().nullable(),
    code: z.string().nullable().openapi({ description: 'Which rule a rejected write breaks.' }),
    conflictId: z.string().nullable(),
    version: z.string().nullable().openapi({
      description: 'The record as its author had it with this change; for ?at=. Null: nothing was written.',
    }),
    ...provenance,
  })
  .openapi('FieldChange')

const loggedChangeSchema = fieldChangeSchema
  .omit({ version: true })
  .extend({ collection: z.string(), recordId: z.string(), changeHash: z.string() })
  .openapi('LoggedChange')

const hitSchema = z
  .object({
    collection: z.string(),
    id: z.string(),
    field: z.string(),
    excerpt: z.string().openapi({ description: 'HTML-escaped, with matches in <mark>.' }),
  })
  .openapi('SearchHit')

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    retryable: z.boolean(),
    remedy: z.string(),
  })
  .openapi('Problem')

const uploadedSchema = z
  .object({
    results: z.array(
      z.object({
        opId: z.string().nullable(),
        op: z.string(),
        table: z.string(),
        id: z.string(),
        status: z.enum([...outcome.options, 'duplicate']),
        fields: z.record(z.string(), fieldOutcome).optional(),
        warnings: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
        error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
      }),
    ),
  })
  .openapi('Uploaded')

export const answers = {
  uploaded: uploadedSchema,
  record: recordSchema,
  records: page(recordSchema),
  written: writtenSchema,
  past: pastSchema,
  recordOrPast: z.union([recordSchema, pastSchema]),
  history: page(fieldChangeSchema),
  changes: page(loggedChangeSchema),
  hits: z.object({ items: z.array(hitSchema) }),
}

/** The responses of a route: what it answers, and the problem document that stands for every refusal. */
export const responses = (status: number, description: string, schema?: z.ZodType): Responses => ({
  [status]:
    schema === undefined ? { description } : { description, content: { 'application/json': { schema } } },
  default: { description: 'A refusal', content: { 'application/problem+json': { schema: problemSchema } } },
})

/** A body that is told in the document and read by the route itself, which knows where bad JSON goes wrong. */
export const body = (description: string, schema: BodySchema): RequestBody => ({
  description,
  required: true,
  content: { 'application/json': { schema } },
})
