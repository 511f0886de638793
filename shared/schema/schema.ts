/**
 * A checked schema: what the rest of the program works with. `checkSchema` is the only way to make one from
 * a user's declaration, so whoever holds a `Schema` holds a sane one.
 */
import type { CollectionAccess } from './access.ts'
import { OPEN_ACCESS } from './access.ts'
import type { FieldSpec } from './field-spec.ts'
import type { RecordCheck, RecordLock } from './rules.ts'

/** What becomes of a delete and an update that did not see each other. */
export type DeletePolicy = 'hold' | 'delete-wins' | 'update-wins'

export type ConcurrencyMode = 'merge' | 'row-version' | 'timestamp'

export interface Concurrency {
  readonly mode: ConcurrencyMode
  /** The field in which a client carries the version or the time that its write is based on. */
  readonly field: string | null
}

export interface CollectionSpec {
  readonly name: string
  /** Every field but the texts, in declaration order. */
  readonly fields: ReadonlyMap<string, FieldSpec>
  /** Names of the rich-text fields: Yjs root types of the record's document. */
  readonly texts: readonly string[]
  readonly deletes: DeletePolicy
  readonly concurrency: Concurrency
  /** Events of a record wait while one of its fields is disputed. */
  readonly holdsEvents: boolean
  readonly lockedWhen: RecordLock | null
  readonly check: RecordCheck | null
  readonly access: CollectionAccess
}

export type Schema = ReadonlyMap<string, CollectionSpec>

/** A collection without fields or policies. */
export const plainCollection = (name: string): CollectionSpec => ({
  name,
  fields: new Map(),
  texts: [],
  deletes: 'delete-wins',
  concurrency: { mode: 'merge', field: null },
  holdsEvents: false,
  lockedWhen: null,
  check: null,
  access: OPEN_ACCESS,
})
