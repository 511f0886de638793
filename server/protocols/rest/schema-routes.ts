/** Routes that tell a program who its token makes it, and the part of the schema that it may read. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AccessActor } from '../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import { encodeSchema } from '../../../shared/schema/schema-answer.ts'
import type { Authorizer } from '../../auth/authorizer.ts'
import { jsonResponse } from './responses.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { instant, json, responses } from './rest-schemas.ts'

const schemaRoute = createRoute({
  method: 'get',
  path: '/v1/schema',
  tags: ['Schema'],
  summary: 'Read the schema',
  description:
    'The collections and fields that the caller may read in some record at least, in order of declaration. Rules ' +
    'that are functions, and who may read, are left out.',
  responses: responses(
    200,
    'Definitions of collections',
    z.object({ collections: z.array(json) }).openapi('Schema'),
  ),
})

const sessionRoute = createRoute({
  method: 'get',
  path: '/v1/session',
  tags: ['Schema'],
  summary: 'Read who the caller is',
  description: 'Whom the token makes the caller. `*` among the roles stands for every role.',
  responses: responses(
    200,
    'The caller',
    z
      .object({
        subject: z.string(),
        tenant: z.string(),
        roles: z.array(z.string()),
        device: z.string().nullable(),
        expiresAt: instant.nullable().openapi({ description: 'When the token expires; null: never.' }),
        isOpen: z.boolean().openapi({ description: 'Nobody is verified: a token is taken for a name.' }),
      })
      .openapi('Session'),
  ),
})

export function mountSchemaRoutes(
  app: RestApp,
  { schema, authorizer, authenticator }: Pick<RestParts, 'schema' | 'authorizer' | 'authenticator'>,
): void {
  app.openapi(schemaRoute, (c) => {
    const readable = [...schema.values()].flatMap((collection) => {
      const narrowed = readablePart(authorizer, c.get('actor'), collection)
      return narrowed === null ? [] : [narrowed]
    })
    return jsonResponse(encodeSchema(readable))
  })

  app.openapi(sessionRoute, (c) => {
    const { subject, tenant, roles, device, expiresAt } = c.get('actor')
    return jsonResponse({
      subject,
      tenant,
      roles,
      device,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      isOpen: authenticator.isOpen,
    })
  })
}

/** @returns the collection with the fields that the actor may read in some record; null if he may read none. */
function readablePart(
  authorizer: Authorizer,
  actor: AccessActor,
  collection: CollectionSpec,
): CollectionSpec | null {
  if (!authorizer.mayReadSome(actor, collection)) return null
  const isReadable = (field: string): boolean => authorizer.mayReadSome(actor, collection, field)
  return {
    ...collection,
    fields: new Map([...collection.fields].filter(([name]) => isReadable(name))),
    texts: collection.texts.filter(isReadable),
  }
}
