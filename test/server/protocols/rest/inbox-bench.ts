// The inbox over REST with verified persons of different roles.
import { SignJWT } from 'jose'
import { collection, defineConfig, s } from 'sluice'
import { createJwtAuthenticator } from '../../../../server/auth/jwt-authenticator.ts'
import { compareProjection } from '../../../../server/projection/compare.ts'
import { createTextMaterializer } from '../../../../server/projection/text-materializer.ts'
import type { Json } from '../../../../shared/json.ts'
import { checkSchema } from '../../../../shared/schema/check-schema.ts'
import type { Answer, RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

const secret = 'a secret of at least thirty-two bytes'

export const people = {
  nan: ['nurse'],
  bob: ['nurse'],
  dora: ['doctor'],
  lee: ['doctor'],
  phil: ['pharmacist', 'doctor'],
} as const

export type Person = keyof typeof people

const collections = {
  patients: collection(
    {
      name: s.string(),
      diagnosis: s.string().critical({ resolvers: ['doctor'] }),
      dose: s.number().critical({ group: 'medication', approvals: 2, resolvers: ['doctor'] }),
      unit: s.enum(['mg', 'ml']).critical({ group: 'medication', resolvers: ['doctor', 'pharmacist'] }),
      bed: s.string().critical(),
    },
    { deletes: 'hold' },
  ),
}

const tokenOf = (sub: Person): Promise<string> =>
  new SignJWT({ sub, roles: people[sub] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('10 min')
    .sign(new TextEncoder().encode(secret))

export interface InboxRest {
  readonly rest: RestBench
  as(
    person: Person,
    method: string,
    path: string,
    body?: Json,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** Two nurses write a new record without having seen each other. @returns the conflict. */
  dispute(nan: Record<string, Json>, bob: Record<string, Json>): Promise<Answer['body']>
  /** What is stored otherwise than the journal alone gives it. */
  differences(): Promise<readonly string[]>
}

export async function openInbox(): Promise<InboxRest> {
  const authenticator = createJwtAuthenticator({ secret, now: () => new Date().toISOString() })
  const rest = await openRest({ authenticator, collections })
  const tokens = new Map<Person, string>()
  for (const person of Object.keys(people) as Person[]) tokens.set(person, await tokenOf(person))
  let records = 0
  const as: InboxRest['as'] = (person, method, path, body, headers = {}) =>
    rest.call(method, path, {
      as: tokens.get(person) ?? '',
      headers,
      ...(body === undefined ? {} : { body }),
    })
  return {
    rest,
    as,
    async differences() {
      const checked = checkSchema(defineConfig({ schema: collections }))
      if (!checked.ok) throw new Error(checked.problems.join('\n'))
      const { schema } = checked
      const materializer = createTextMaterializer()
      const compared = await compareProjection({ storage: rest.storage, schema, materializer })
      await materializer.close()
      return compared.differences
    },
    async dispute(nan, bob) {
      const path = `/v1/records/patients/r${++records}`
      const start = { name: 'Ada', diagnosis: 'unclear', dose: 5, unit: 'mg', bed: '1' }
      const headers = { 'If-Match': tagOf(await as('nan', 'PUT', path, start)) }
      await as('nan', 'PATCH', path, nan, headers)
      const held = await as('bob', 'PATCH', path, bob, headers)
      const [field = ''] = Object.keys(bob)
      return (await as('nan', 'GET', `/v1/conflicts/${held.body.outcomes[field].conflictId}`)).body
    },
  }
}

/** What a decision says it has seen. */
export const seenIn = (conflict: Answer['body']): string[] =>
  [conflict.incumbent, ...conflict.alongside, ...conflict.challengers].map(({ id }) => id)

export const at = ({ id }: { readonly id: string }, rest = ''): string => `/v1/conflicts/${id}${rest}`
