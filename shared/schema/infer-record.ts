/** The TypeScript type of a record's fields, derived from its collection's declaration. */
import type { Field } from './field.ts'

type DeclaredFields = Readonly<Record<string, Field<unknown, boolean>>>

type NonText<F extends DeclaredFields> = {
  [K in keyof F as F[K] extends Field<infer _V, infer _P, 'text'> ? never : K]: F[K]
}

/** A field that is neither required nor defaulted may be null. Text fields are not part of it. */
export type InferFields<F extends DeclaredFields> = {
  readonly [K in keyof NonText<F>]: F[K] extends Field<infer V, infer P>
    ? P extends true
      ? V
      : V | null
    : never
}

/** `InferRecord<typeof patients>`: what `GET /v1/records/patients/…` answers under `fields`. */
export type InferRecord<C extends { readonly fields: DeclaredFields }> = InferFields<C['fields']>
