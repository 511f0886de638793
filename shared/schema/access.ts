/**
 * Who may do what (A1): rules of a collection and of its fields, each a list of roles or a function of the user's
 * for the record at hand. A deed without a rule is everybody's in the tenant. Rules are no part of a collection's
 * definition (S8): they are asked when somebody reads or writes, and never by a replay.
 */
import type { JsonObject } from '../json.ts'

export const DEEDS = ['read', 'write', 'resolve'] as const
export type Deed = (typeof DEEDS)[number]

/** Who asks, as far as a rule is told. */
export interface AccessActor {
  readonly subject: string
  readonly tenant: string
  /** Authenticated roles; `*`, which only an open demo hands out, stands for every one. */
  readonly roles: readonly string[]
  readonly device: string | null
}

export interface AccessQuestion<Fields = JsonObject> {
  readonly actor: AccessActor
  /** The fields in force, also those that the actor may not read; of a record that is being created, as it would be. */
  readonly record: Fields
}

/** Synchronous and pure. Without a record at hand it is not asked, and the answer is no. */
export type AccessFunction<Fields = JsonObject> = (question: AccessQuestion<Fields>) => boolean

/** The roles that may, or a function that says so. */
export type AccessRule<Fields = JsonObject> = readonly string[] | AccessFunction<Fields>

export type AccessRules<Fields = JsonObject> = { readonly [D in Deed]?: AccessRule<Fields> | undefined }

/** The rules of one collection. */
export interface CollectionAccess {
  /** Of its records as a whole. */
  readonly records: AccessRules
  /** By name of the field or text, for those that have rules of their own. */
  readonly fields: ReadonlyMap<string, AccessRules>
}

export const OPEN_ACCESS: CollectionAccess = { records: {}, fields: new Map() }

/** Whether the answer may differ between two records of the collection. */
export const dependsOnRecord = ({ records, fields }: CollectionAccess): boolean =>
  [records, ...fields.values()].some((rules) => DEEDS.some((deed) => typeof rules[deed] === 'function'))
