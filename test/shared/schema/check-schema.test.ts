// A wrong schema is refused with a message that names the collection, the field and the remedy.

import type { InferRecord } from 'sluice'
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { checkSchema } from '../../../shared/schema/check-schema.ts'

const problems = (config: unknown): string => {
  const checked = checkSchema(config)
  return checked.ok ? '' : checked.problems.join('\n')
}
const withField = (name: string, field: unknown): unknown => ({
  schema: { patients: { fields: { [name]: field } } },
})

describe('checkSchema', () => {
  it('accepts every kind of field, and parts texts from fields', () => {
    const checked = checkSchema(
      defineConfig({
        schema: {
          patients: collection({
            name: s.string().required(),
            rate: s.number().default(60),
            alive: s.boolean(),
            born: s.date(),
            ward: s.enum(['a', 'b']).critical({ resolvers: ['doctor'] }),
            extra: s.json(),
            visits: s.counter(),
            allergies: s.set(s.string()),
            steps: s.list(s.number()),
            contacts: s.map(s.string()),
            notes: s.text(),
          }),
        },
      }),
    )
    expect(checked.ok && checked.schema.get('patients')).toMatchObject({ texts: ['notes'] })
    expect(checked.ok && [...(checked.schema.get('patients')?.fields.keys() ?? [])]).toHaveLength(10)
  })

  it.each([
    ['no schema', {}, 'has no schema'],
    ['no collections', { schema: {} }, 'has no collections'],
    ['not a collection', { schema: { patients: 7 } }, 'Collection "patients" is not a collection'],
    [
      'a bad collection name',
      { schema: { 'my patients': collection({ a: s.string() }) } },
      'Collection "my patients"',
    ],
    [
      'a reserved collection name',
      { schema: { sluice_x: collection({ a: s.string() }) } },
      '"sluice_" are reserved',
    ],
    ['no fields', { schema: { patients: collection({}) } }, 'Collection "patients" has no fields'],
    ['not a field', withField('name', 'string'), 'Field "name" of collection "patients" is not a field'],
    ['a bad field name', withField('_x', s.string()), 'Field "_x" of collection "patients"'],
    ['a reserved field name', withField('Tenant', s.string()), 'reserved for a column'],
    ['a generated suffix', withField('a_disputed', s.string()), 'end in "_disputed"'],
    ['a prototype key', withField('constructor', s.string()), 'reserved'],
    ['a critical text', withField('body', s.text().critical()), 'takes no policy'],
    [
      'a default that does not fit',
      withField('n', s.number().default('x' as never)),
      'its default does not fit: it takes a finite number',
    ],
    ['a required counter', withField('n', s.counter().required()), 'remove .default() and .required()'],
    ['a set of booleans', withField('x', s.set(s.boolean() as never)), 'a set holds strings'],
    ['a list of lists', withField('x', s.list(s.list(s.string()))), 'holds plain values'],
    ['a critical item', withField('x', s.list(s.string().critical())), 'mark the list critical'],
    ['an empty enum', withField('x', s.enum([] as never)), 'at least one value'],
  ])('refuses %s', (_name, config, message) => {
    expect(problems(config)).toContain(message)
  })

  it('refuses names that meet in SQL', () => {
    const config = { schema: { a: collection({ b: s.set(s.string()) }), a_b: collection({ x: s.string() }) } }
    expect(problems(config)).toContain('both need the SQL table "a_b"')
    expect(problems({ schema: { a: collection({ name: s.string(), NAME: s.string() }) } })).toContain(
      'only in case',
    )
  })

  it('types flow: InferRecord tells what a reader gets', () => {
    const patients = collection({
      name: s.string().required(),
      ward: s.enum(['a', 'b']),
      rate: s.number().default(60),
      tags: s.set(s.string()),
      seats: s.map(s.number()),
      notes: s.text(),
    })
    expectTypeOf<InferRecord<typeof patients>>().toEqualTypeOf<{
      readonly name: string
      readonly ward: 'a' | 'b' | null
      readonly rate: number
      readonly tags: readonly string[]
      readonly seats: Readonly<Record<string, number>>
    }>()
    // @ts-expect-error a default must have the field's type
    s.number().default('sixty')
    // @ts-expect-error a set holds strings or numbers
    s.set(s.boolean())
  })
})
