/** Declares a collection: a named group of records that share fields. */
import type { Field } from './field.ts'

export type AnyField = Field<unknown, boolean>
export type Fields = Readonly<Record<string, AnyField>>

export interface Collection<F extends Fields = Fields> {
  readonly fields: F
}

export const collection = <const F extends Fields>(fields: F): Collection<F> => ({ fields })
