/** Declares a collection: a named group of records that share fields and rules. */
import type { AccessRules } from './access.ts'
import type { Field } from './field.ts'
import type { InferFields } from './infer-record.ts'
import type { RecordCheck, RecordLock } from './rules.ts'
import type { ConcurrencyMode, DeletePolicy } from './schema.ts'

export type AnyField = Field<unknown, boolean>
export type Fields = Readonly<Record<string, AnyField>>

export interface CollectionOptions<F extends Fields = Fields> {
  /** What becomes of a delete and an update that did not see each other. Default: `delete-wins`. */
  readonly deletes?: DeletePolicy
  /**
   * `merge` (default) places every write at the version that its author saw. `row-version` and `timestamp` refuse
   * a stale write whole; `field` names the column in which clients that know no version tokens carry theirs.
   */
  readonly concurrency?: ConcurrencyMode | { readonly mode: ConcurrencyMode; readonly field?: string }
  /** A record for which it says true, or why, takes no more writes: they are rejected with `locked`. */
  readonly lockedWhen?: RecordLock<InferFields<F>>
  /** A record for which it does not say true is rejected with `check_failed`. */
  readonly check?: RecordCheck<InferFields<F>>
  /** `undisputed`: events of a record wait while one of its fields is disputed. Default: `at-once`. */
  readonly events?: 'at-once' | 'undisputed'
  /** Who may read and write its records, and resolve their conflicts (A1): lists of roles, or functions. */
  readonly access?: AccessRules<InferFields<F>>
}

export interface Collection<F extends Fields = Fields> {
  readonly fields: F
  /** Its rules take records of any shape here, so that collections of different shapes share a type. */
  readonly options: Omit<CollectionOptions, 'lockedWhen' | 'check' | 'access'> & {
    readonly lockedWhen?: RecordLock
    readonly check?: RecordCheck
    readonly access?: AccessRules
  }
}

export const collection = <const F extends Fields>(
  fields: F,
  options: CollectionOptions<F> = {},
): Collection<F> => ({ fields, options: options as Collection['options'] })
