import { collection, s } from 'sluice'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Authenticator } from '../../../../server/auth/actor.ts'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import { decodeSchema } from '../../../../shared/schema/schema-answer.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

/** A token is a role. */
const authenticator: Authenticator = {
  description: '',
  isOpen: false,
  authenticate: async (role) => ({ ...ANONYMOUS, subject: `a ${role}`, roles: [role ?? ''], expiresAt: 0 }),
}

let rest: RestBench
beforeAll(async () => {
  rest = await openRest({
    authenticator,
    collections: {
      patients: collection({
        name: s.string(),
        diagnosis: s.string().access({ read: ['doctor'] }),
        ward: s.string().access({ read: ({ record }) => record.ward === 'A' }),
        notes: s.text().access({ read: ['doctor'] }),
      }),
      payrolls: collection({ amount: s.number() }, { access: { read: ['clerk'] } }),
    },
  })
})
afterAll(() => rest.close())

async function readableBy(role: string): Promise<Record<string, readonly string[]>> {
  const { body } = await rest.call('GET', '/v1/schema', { as: role })
  const fields = [...decodeSchema(body)].map(([name, spec]) => [name, [...spec.fields.keys(), ...spec.texts]])
  return Object.fromEntries(fields)
}

test('A3: the schema tells a caller of what he may read in some record at least, and of nothing else', async () => {
  expect(await readableBy('doctor')).toEqual({ patients: ['name', 'diagnosis', 'ward', 'notes'] })
  expect(await readableBy('clerk')).toEqual({ patients: ['name', 'ward'], payrolls: ['amount'] })
})

test('the session is whom the token makes the caller', async () => {
  expect((await rest.call('GET', '/v1/session', { as: 'doctor' })).body).toEqual({
    subject: 'a doctor',
    tenant: 'default',
    roles: ['doctor'],
    device: null,
    expiresAt: '1970-01-01T00:00:00.000Z',
    isOpen: false,
  })
})
