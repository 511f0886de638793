/** What the storage contract is run on: a driver opened on a store of its own. */

import type { SqlRow } from '../../../server/projection/table-layout.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import { collection } from '../../../shared/schema/collection.ts'
import type { Collections } from '../../../shared/schema/config.ts'
import { s } from '../../../shared/schema/field.ts'
import type { CollectionSpec, Schema } from '../../../shared/schema/schema.ts'
import { plainCollection } from '../../../shared/schema/schema.ts'

export interface ContractSubject {
  /** Opened on `contractSchema`. */
  readonly storage: Storage
  /** Opens the same store again, after the storage that was opened last has been closed. */
  reopen(schema?: Schema): Promise<Storage>
  /** All rows of a projected table, as somebody with an SQL client sees them, by primary key. */
  rows(table: string): Promise<readonly SqlRow[]>
  /** Closes what is open and removes the store. */
  cleanup(): Promise<void>
}

export type OpenSubject = () => Promise<ContractSubject>

/** A schema of the declared collections, without the checks that a user's configuration needs. */
export function schemaOf(collections: Collections): Schema {
  const specs = Object.entries(collections).map(([name, { fields }]): CollectionSpec => {
    const declared = Object.entries(fields).map(([field, { spec }]) => [field, spec] as const)
    return {
      ...plainCollection(name),
      fields: new Map(declared.filter(([, spec]) => spec.kind !== 'text')),
      texts: declared.filter(([, spec]) => spec.kind === 'text').map(([field]) => field),
    }
  })
  return new Map(specs.map((spec) => [spec.name, spec]))
}

export const patients = collection({
  name: s.string(),
  age: s.number(),
  active: s.boolean(),
  diagnosis: s.string().critical(),
  tags: s.set(s.string()),
  notes: s.text(),
  summary: s.text(),
})

export const visits = collection({ reason: s.string(), report: s.text() })

export const contractSchema = schemaOf({ patients, visits })
