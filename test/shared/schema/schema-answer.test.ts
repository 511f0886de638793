import { collection, defineConfig, s } from 'sluice'
import { expect, test } from 'vitest'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import { decodeSchema, encodeSchema } from '../../../shared/schema/schema-answer.ts'

const checked = checkSchema(
  defineConfig({
    schema: {
      patients: collection(
        {
          name: s.string().required(),
          ward: s.enum(['A', 'B']).default('A'),
          dose: s.number({ min: 0 }).critical({ group: 'medication', approvals: 2 }),
          stays: s.map(s.date()),
          price: s.number().writable(({ change }) => change.metadata.approvedBy != null),
          notes: s.text(),
        },
        { deletes: 'hold', access: { read: ['doctor'] }, lockedWhen: ({ name }) => name === 'x' },
      ),
      items: collection({ stock: s.counter() }),
    },
  }),
)
if (!checked.ok) throw new Error(checked.problems.join('\n'))
const { schema } = checked

test('a schema that was sent as JSON is what it was, without rules and without who may read', () => {
  const sent = JSON.parse(JSON.stringify(encodeSchema(schema.values())))
  const read = decodeSchema(sent)
  expect([...read.keys()]).toEqual(['patients', 'items'])
  const patients = read.get('patients')
  expect([...(patients?.fields.keys() ?? [])]).toEqual(['name', 'ward', 'dose', 'stays', 'price'])
  expect(patients).toMatchObject({ texts: ['notes'], deletes: 'hold', lockedWhen: null })
  expect(patients?.access).toEqual({ records: {}, fields: new Map() })
  expect(patients?.fields.get('price')?.writable).toBeNull()
  for (const field of ['name', 'ward', 'dose', 'stays'])
    expect(patients?.fields.get(field)).toEqual(schema.get('patients')?.fields.get(field))
  expect(read.get('items')).toEqual(schema.get('items'))
  expect(JSON.stringify(sent)).not.toContain('doctor')
})

test.each([null, [], { collections: 1 }, { collections: [{ name: 'x' }] }])('%j is no schema', (answer) => {
  expect(() => decodeSchema(answer)).toThrow(RangeError)
})
