/** The scene of the demo: one patient, and two people who look after her. */
import { collection, defineConfig, s } from '../../../../shared/index.ts'
import type { Schema } from '../../../../shared/schema/schema.ts'
import type { RecordHandle, SluiceClient } from '../../../index.ts'

/** The part of the server's schema that the panes work with, compiled in as an app would have it. */
export const config = defineConfig({
  schema: {
    patients: collection({
      name: s.string().required(),
      heartRate: s.number(),
      diagnosis: s.string().critical({ resolvers: ['doctor'] }),
      visits: s.counter({ min: 0 }),
      notes: s.text(),
    }),
  },
})

export type DemoCollections = (typeof config)['schema']
export type DemoClient = SluiceClient<DemoCollections>
export type DemoRecord = RecordHandle<DemoCollections['patients']['fields']>

export const COLLECTION = 'patients'
export const RECORD_ID = 'P-3'
export const PATIENT = 'Katherine Johnson'

export interface Person {
  /** Subject, and token: in an open demo any name is one. */
  readonly name: string
  readonly title: string
  /** Of the theme; and as a cursor shows it. */
  readonly color: string
  readonly cursor: string
}

export const PEOPLE: readonly [Person, Person] = [
  { name: 'dr.hopper', title: 'doctor, in the office', color: 'water', cursor: '#0b7285' },
  { name: 'nurse.jackson', title: 'nurse, on the ward', color: 'grape', cursor: '#9c36b5' },
]

/** Whether the server has what the scene is made of. */
export function hasScene(schema: Schema): boolean {
  const patients = schema.get(COLLECTION)
  return (
    patients?.fields.get('visits')?.kind === 'counter' &&
    patients.fields.get('diagnosis')?.critical != null &&
    patients.texts.includes('notes')
  )
}
