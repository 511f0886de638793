/**
 * A checked schema: what the rest of the program works with. `checkSchema` is the only way to make one from
 * a user's declaration, so whoever holds a `Schema` holds a sane one.
 */
import type { FieldSpec } from './field-spec.ts'

export interface CollectionSpec {
  readonly name: string
  /** Every field but the texts, in declaration order. */
  readonly fields: ReadonlyMap<string, FieldSpec>
  /** Names of the rich-text fields: Yjs root types of the record's document. */
  readonly texts: readonly string[]
}

export type Schema = ReadonlyMap<string, CollectionSpec>
