/** The TypeScript type of a record's fields, derived from its collection's declaration. */
import type { Collection, Fields } from './collection.ts'
import type { Field } from './field.ts'

type NonText<F extends Fields> = {
  [K in keyof F as F[K] extends Field<infer _V, infer _P, 'text'> ? never : K]: F[K]
}

/**
 * `InferRecord<typeof patients>`: what `GET /v1/records/patients/…` answers under `fields`. A field that is
 * neither required nor defaulted may be null. Text fields are not part of it: they are read as text.
 */
export type InferRecord<C extends Collection> = {
  readonly [K in keyof NonText<C['fields']>]: C['fields'][K] extends Field<infer V, infer P>
    ? P extends true
      ? V
      : V | null
    : never
}
