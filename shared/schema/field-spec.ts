/**
 * What a declared field is, as plain data: the form in which schema checks, policies, the planner and the
 * projection read a schema. The fluent builders in `field.ts` produce it.
 */
import type { Json } from '../json.ts'
import type { AccessRules } from './access.ts'
import type { FieldCheck, FieldGuard } from './rules.ts'

/** Kinds whose value is replaced as a whole by a write. */
export type RegisterKind = 'string' | 'number' | 'boolean' | 'date' | 'enum' | 'json'
/** Kinds that live in an Automerge object of their own, created by a deterministic genesis change (R2). */
export type ContainerKind = 'counter' | 'set' | 'list' | 'map'
export type FieldKind = RegisterKind | ContainerKind | 'text'

export interface CriticalRule {
  /** Roles that may resolve a conflict on this field; empty: anyone who may write it. */
  readonly resolvers: readonly string[]
  /** How many persons must agree on a decision. */
  readonly approvals: number
  /** What is in force while a conflict is open: the incumbent, or the last value that both sides had seen. */
  readonly hold: 'incumbent' | 'base'
  /** Fields of one group are decided together, so that a mix which nobody entered never appears. */
  readonly group: string | null
}

/**
 * Which of two concurrent writes wins: the one committed later, the one edited later by its author's clock, or
 * the one that an Automerge document shows by itself.
 */
export type LwwOrder = 'received' | 'edited' | 'causal'

/** Where a write came from, for a preference between sources. */
export type Source = 'role' | 'device' | 'door' | 'author' | `metadata.${string}`

export interface Preference {
  readonly source: Source
  /** The most preferred first; what is not listed comes last. */
  readonly order: readonly string[]
}

/** State → the states that it may change to. The order of declaration is the order of progress. */
export type Transitions = Readonly<Record<string, readonly string[]>>

export interface Bounds {
  readonly min: number | null
  readonly max: number | null
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
  readonly lww: LwwOrder
  readonly prefer: Preference | null
  /** Of an `enum` whose values are states. */
  readonly transitions: Transitions | null
  /** Value → the event that entering it fires. */
  readonly emits: Readonly<Record<string, string>>
  readonly bounds: Bounds | null
  /** The first value stays. */
  readonly immutable: boolean
  readonly writable: FieldGuard | null
  readonly check: FieldCheck | null
}

/** A field as its builder makes it. Its access rules become those of the collection. */
export interface DeclaredField extends FieldSpec {
  readonly access?: AccessRules
}

/** A field without any policy: last write wins, by receipt. */
export const plainSpec = (kind: FieldKind): FieldSpec => ({
  kind,
  critical: null,
  required: false,
  default: undefined,
  values: [],
  item: null,
  lww: 'received',
  prefer: null,
  transitions: null,
  emits: {},
  bounds: null,
  immutable: false,
  writable: null,
  check: null,
})

export const HELD: CriticalRule = { resolvers: [], approvals: 1, hold: 'incumbent', group: null }

type Kind = Pick<FieldSpec, 'kind'>

export const isRegister = (spec: Kind): boolean => spec.kind !== 'text' && !isContainer(spec)

export const isContainer = (spec: Kind): boolean =>
  spec.kind === 'counter' || spec.kind === 'set' || spec.kind === 'list' || spec.kind === 'map'
