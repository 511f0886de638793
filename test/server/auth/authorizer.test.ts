// A1–A6 where no door is needed: what rules say of actors, and what becomes of broken ones.
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { AccessFault } from '../../../server/auth/authorizer.ts'
import { Authorizer } from '../../../server/auth/authorizer.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const actor = (...roles: string[]) => ({ subject: 'ann', tenant: 'default', roles, device: null })

const charts = collectionSpec(
  collection(
    {
      weight: s.number(),
      diagnosis: s
        .string()
        .critical()
        .access({ read: ['doctor', 'auditor'], write: ['doctor'] }),
      notes: s.text().access({ read: ['doctor'] }),
    },
    { access: { read: ['doctor', 'nurse', 'auditor'], write: ['doctor', 'nurse'], resolve: ['head'] } },
  ),
  'charts',
)

const schemaOf = (declared: Parameters<typeof defineConfig>[0]): Schema => {
  const checked = checkSchema(declared)
  if (!checked.ok) throw new Error(checked.problems.join('\n'))
  return checked.schema
}

describe('Authorizer', () => {
  const ask = (...roles: string[]) => ({ actor: actor(...roles), collection: charts, record: null })

  it('A1: a deed takes leave by the collection and by the field, and every role has it in an open demo', () => {
    expect(loudAuthorizer.mayReadField(ask('nurse'), 'weight')).toBe(true)
    expect(loudAuthorizer.unreadable(ask('nurse'), ['weight', 'diagnosis'])).toBe('diagnosis')
    expect(loudAuthorizer.unwritable(ask('nurse'), ['weight'])).toBe(null)
    expect(loudAuthorizer.unwritable(ask('auditor'), ['weight'])).toBe('weight')
    expect(loudAuthorizer.unwritable(ask('*'), ['weight', 'diagnosis', 'notes'])).toBe(null)
    expect(loudAuthorizer.mayRead(ask())).toBe(false)
  })

  it('A2: who may not read may not write, whatever the rule of writing says', () => {
    const box = collectionSpec(
      collection({ word: s.string() }, { access: { read: ['reader'], write: ['writer'] } }),
    )
    const asked = { actor: actor('writer'), collection: box, record: null }
    expect(loudAuthorizer.mayWrite(asked)).toBe(false)
    expect(loudAuthorizer.mayWrite({ ...asked, actor: actor('writer', 'reader') })).toBe(true)
  })

  it('A4: a function is told the actor and the record, and no more; without a record it is not asked', () => {
    const seen: unknown[] = []
    const diaries = collectionSpec(
      collection(
        { owner: s.string() },
        { access: { read: (question) => seen.push(question) > 0 && question.record.owner === 'ann' } },
      ),
    )
    const asked = {
      actor: { ...actor('nurse'), expiresAt: 1 },
      collection: diaries,
      record: { owner: 'ann' },
    }
    expect(loudAuthorizer.mayRead(asked)).toBe(true)
    expect(loudAuthorizer.mayRead({ ...asked, record: { owner: 'bob' } })).toBe(false)
    expect(seen[0]).toEqual({ actor: actor('nurse'), record: { owner: 'ann' } })
    expect(loudAuthorizer.mayRead({ ...asked, record: null })).toBe(false)
    expect(seen).toHaveLength(2)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['answers a promise', async () => true],
    ['answers something else', () => 'yes'],
  ])('A4: a function that %s lets nobody pass, and the log is told which', (_what, rule) => {
    const faults: AccessFault[] = []
    const broken = collectionSpec(
      collection({ word: s.string() }, { access: { read: rule as unknown as () => boolean } }),
    )
    const asked = { actor: actor('*'), collection: broken, record: { word: 'x' } }
    expect(new Authorizer((fault) => faults.push(fault)).mayRead(asked)).toBe(false)
    expect(faults).toMatchObject([
      { collection: 'things', field: null, deed: 'read', err: expect.any(Error) },
    ])
  })

  it('A5: every declared rule of resolving has to agree, and without one it is for who may write the field', () => {
    const decide = (roles: readonly string[], fields: readonly string[], spec = charts) =>
      loudAuthorizer.mayResolve(
        { actor: actor(...roles), collection: spec, record: null },
        { kind: 'set-set', fields },
      ).ok
    expect(decide(['doctor'], ['diagnosis'])).toBe(false)
    expect(decide(['head'], ['diagnosis'])).toBe(false)
    expect(decide(['auditor', 'head'], ['diagnosis'])).toBe(true)
    const plain = collectionSpec({
      a: s
        .string()
        .critical()
        .access({ write: ['doctor'] }),
      b: s
        .string()
        .critical({ resolvers: ['head'] })
        .access({ resolve: ['chief'] }),
    })
    expect(decide(['nurse'], ['a'], plain)).toBe(false)
    expect(decide(['doctor'], ['a'], plain)).toBe(true)
    expect(decide(['head'], ['b'], plain)).toBe(false)
    expect(decide(['head', 'chief'], ['b'], plain)).toBe(true)
    expect(decide(['head', 'chief', 'doctor'], ['a', 'b'], plain)).toBe(true)
  })

  it('A5: a dead letter is for who may write the record', () => {
    const letter = { kind: 'dead-letter', fields: ['weight'] } as const
    const open = collectionSpec(collection({ weight: s.number() }, { access: { write: ['nurse'] } }))
    const close = (role: string) =>
      loudAuthorizer.mayResolve({ actor: actor(role), collection: open, record: null }, letter).ok
    expect([close('nurse'), close('auditor')]).toEqual([true, false])
    expect(loudAuthorizer.mayResolve(null, letter).ok).toBe(true)
  })

  it('A3: what the schema does not declare is for those who may read all that it does', () => {
    const schema = schemaOf(
      defineConfig({
        schema: {
          open: collection({ a: s.string() }),
          secret: collection({ a: s.string(), b: s.string().access({ read: ['chief'] }) }),
        },
      }),
    )
    expect(loudAuthorizer.mayReadUndeclared(actor('chief'), schema)).toBe(true)
    expect(loudAuthorizer.mayReadUndeclared(actor('clerk'), schema)).toBe(false)
    expect(loudAuthorizer.mayReadField(ask('nurse'), 'lost')).toBe(false)
    expect(loudAuthorizer.mayReadField(ask('doctor'), 'lost')).toBe(true)
  })
})

describe('checkSchema on access', () => {
  const problems = (declared: unknown): string => {
    const checked = checkSchema({ schema: { charts: declared } })
    return checked.ok ? '' : checked.problems.join('\n')
  }

  it.each([
    [
      'a role that is no name',
      collection({ a: s.string() }, { access: { read: [''] } }),
      'a role has a name',
    ],
    ['every role by name', collection({ a: s.string() }, { access: { read: ['*'] } }), 'leave the rule out'],
    [
      'a rule of another form',
      { fields: { a: s.string() }, options: { access: { read: 'all' } } },
      'a list of roles',
    ],
    ['an unknown deed', { fields: { a: s.string() }, options: { access: { delete: [] } } }, 'access'],
    ['a wrong rule of a field', { fields: { a: s.string().access({ write: [7] as never }) } }, 'Field "a"'],
    [
      'conflicts of a text',
      collection({ a: s.text().access({ resolve: ['x'] }) }),
      'rich text has no conflicts',
    ],
    [
      'items with rules',
      collection({ a: s.set(s.string().access({ read: ['x'] })) }),
      'declare the access of the set',
    ],
  ])('names what is wrong with %s', (_what, declared, problem) => {
    expect(problems(declared)).toContain(problem)
  })

  it('types the record that a function is given', () => {
    collection(
      { owner: s.string(), beds: s.number().required() },
      {
        access: {
          read: ({ record }) => record.owner !== null && record.beds > 1,
          // @ts-expect-error: the collection has no such field
          write: ({ record }) => record.colour === 'red',
        },
      },
    )
    expect(problems(collection({ a: s.string().access({ read: [] }) }))).toBe('')
  })
})
