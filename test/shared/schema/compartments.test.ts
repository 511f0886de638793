import * as Automerge from '@automerge/automerge'
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { genesisOf, isContainerGenesis } from '../../../shared/record/genesis.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import { compartmentOf, compartmentsOf } from '../../../shared/schema/compartments.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const isOwner = () => true
const isBoss = () => true

const spec = collectionSpec(
  collection(
    {
      name: s.string(),
      weight: s.number().access({ write: ['doctor'] }),
      diagnosis: s.string().access({ read: ['nurse', 'doctor'] }),
      dose: s.number().access({ read: ['doctor', 'nurse', 'doctor'] }),
      labels: s.set(s.string()).access({ read: ['doctor'] }),
      open: s.string().access({ read: ['doctor', 'nurse', 'clerk'] }),
      nobody: s.string().access({ read: [] }),
      odd: s.string().access({ read: ['a+b'] }),
      diary: s.string().access({ read: isOwner }),
      letters: s.json().access({ read: isOwner }),
      rating: s.number().access({ read: isBoss }),
      notes: s.text().access({ read: ['doctor'] }),
    },
    { access: { read: ['doctor', 'nurse'] } },
  ),
)

describe('A7: compartments', () => {
  it('fields with the same rule share one, named by the sorted roles, or by the first field with that function', () => {
    const placed = Object.fromEntries(
      [...spec.fields.keys()].map((field) => [field, compartmentOf(spec, field)]),
    )
    expect(placed).toEqual({
      name: '',
      weight: '',
      diagnosis: '',
      dose: '',
      labels: 'roles:doctor',
      open: '',
      nobody: 'roles:',
      odd: 'roles:a%2Bb',
      diary: 'field:diary',
      letters: 'field:diary',
      rating: 'field:rating',
    })
    expect(compartmentsOf(spec)).toEqual([
      'field:diary',
      'field:rating',
      'roles:',
      'roles:a%2Bb',
      'roles:doctor',
    ])
  })

  it('what every reader of the record may read stays in the main document, and a wider rule of the collection divides', () => {
    const wide = collectionSpec(
      collection({ name: s.string(), pay: s.number().access({ read: ['boss', 'clerk'] }) }, {}),
    )
    expect(compartmentsOf(wide)).toEqual(['roles:boss+clerk'])
    expect(compartmentsOf(collectionSpec({ name: s.string() }))).toEqual([])
  })

  it('linked fields that not the same roles may read are refused', () => {
    const declared = collection({
      dose: s
        .number()
        .critical({ group: 'medication' })
        .access({ read: ['doctor'] }),
      unit: s.string().critical({ group: 'medication' }),
    })
    expect(checkSchema(defineConfig({ schema: { patients: declared } }))).toEqual({
      ok: false,
      problems: [
        'Collection "patients": "dose" and "unit" are linked in the group "medication", so the same roles have ' +
          'to read them; give them the same access.read.',
      ],
    })
  })

  it('R1, R2: each has a document id and genesis changes of its own, which the main document does not share', () => {
    const key = { tenant: 'default', collection: 'things', id: '1' }
    const ids = ['', ...compartmentsOf(spec)].map((name) => documentIdOf(key, 0, name))
    expect(new Set(ids).size).toBe(6)
    expect(documentIdOf(key, 0, '')).toBe(documentIdOf(key))

    const main = genesisOf(key, spec)
    const secret = genesisOf(key, spec, 0, 'roles:doctor')
    expect(main.map(({ field }) => field)).toEqual([null])
    expect(secret.map(({ field }) => field)).toEqual([null, 'labels'])
    expect(secret[0]?.hash).not.toBe(main[0]?.hash)
    const [doc] = Automerge.applyChanges(
      Automerge.init<Record<string, unknown>>(),
      secret.map(({ bytes }) => bytes),
    )
    expect(JSON.parse(JSON.stringify(doc))).toEqual({
      _collection: 'things',
      _id: '1',
      _compartment: 'roles:doctor',
      _conflicts: {},
      labels: {},
    })
    const labels = Automerge.decodeChange(secret[1]?.bytes ?? new Uint8Array())
    expect(isContainerGenesis(labels)).toBe(true)
  })
})
