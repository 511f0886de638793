/**
 * What a declared field is, as plain data: the form in which schema checks, policies, the planner and the
 * projection read a schema. The fluent builders in `field.ts` produce it.
 */
import type { Json } from '../json.ts'

/** Kinds whose value is replaced as a whole by a write. */
export type RegisterKind = 'string' | 'number' | 'boolean' | 'date' | 'enum' | 'json'
/** Kinds that live in an Automerge object of their own, created by a deterministic genesis change (R2). */
export type ContainerKind = 'counter' | 'set' | 'list' | 'map'
export type FieldKind = RegisterKind | ContainerKind | 'text'

export interface CriticalRule {
  /** Roles that may resolve a conflict on this field; empty: anyone who may write it. */
  readonly resolvers: readonly string[]
}

export interface FieldSpec {
  readonly kind: FieldKind
  /** Held for a person when two writes did not see each other (C4). */
  readonly critical: CriticalRule | null
  readonly required: boolean
  /** The value a record shows while nobody has written the field. */
  readonly default: Json | undefined
  /** Allowed values of an `enum`. */
  readonly values: readonly string[]
  /** What a `set`, `list` or `map` holds. */
  readonly item: FieldSpec | null
}

export const isRegister = (spec: FieldSpec): boolean => spec.kind !== 'text' && !isContainer(spec)

export const isContainer = (spec: FieldSpec): boolean =>
  spec.kind === 'counter' || spec.kind === 'set' || spec.kind === 'list' || spec.kind === 'map'
