/** Who the console's user is to the server, and the schema as he may read it. */
import type { Json } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import { decodeSchema } from '../../../shared/schema/schema-answer.ts'
import type { RestClient } from './rest-client.ts'

export interface Session {
  readonly subject: string
  readonly tenant: string
  /** `*` stands for every role. */
  readonly roles: readonly string[]
  /** Nobody is verified: any name is a token. */
  readonly isOpen: boolean
}

/** @throws RestProblem */
export async function readSession(
  rest: RestClient,
): Promise<{ readonly session: Session; readonly schema: Schema }> {
  const [session, schema] = await Promise.all([rest.read('/v1/session'), rest.read('/v1/schema')])
  return { session: sessionOf(session), schema: decodeSchema(schema) }
}

function sessionOf(answer: Json): Session {
  if (!isJsonObject(answer)) throw new RangeError('not a session')
  const { subject, tenant, roles, isOpen } = answer
  if (typeof subject !== 'string' || typeof tenant !== 'string' || !Array.isArray(roles))
    throw new RangeError('not a session')
  return { subject, tenant, roles: roles.filter((role) => typeof role === 'string'), isOpen: isOpen === true }
}
