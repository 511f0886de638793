/** What a person's change may do to each field of a record, as types: what the field's policy has no words for does not compile. */
import type { Fields } from '../../shared/schema/collection.ts'
import type { InferFields } from '../../shared/schema/infer-record.ts'

type KindOf<F> = F extends { readonly infer: { readonly kind: infer Kind } } ? Kind : never
type ValueOf<F> = F extends { readonly infer: { readonly value: infer Value } } ? Value : never
type ItemOf<F> = ValueOf<F> extends readonly (infer Item)[] ? Item : never
type MemberOf<F> = ValueOf<F> extends Readonly<Record<string, infer Member>> ? Member : never

type Container = 'counter' | 'set' | 'list' | 'map'
type RegisterNames<F extends Fields> = {
  [Name in keyof F]: KindOf<F[Name]> extends Container | 'text' ? never : Name
}[keyof F]
type ContainerNames<F extends Fields> = {
  [Name in keyof F]: KindOf<F[Name]> extends Container ? Name : never
}[keyof F]

/** Every field but the texts. A register is read and assigned; null clears one that may be empty. */
export type Draft<F extends Fields> = {
  -readonly [Name in RegisterNames<F>]: InferFields<F>[Name & keyof InferFields<F>]
} & { readonly [Name in ContainerNames<F>]: ContainerDraft<F[Name]> }

type ContainerDraft<F> =
  KindOf<F> extends 'counter'
    ? CounterDraft
    : KindOf<F> extends 'set'
      ? SetDraft<ItemOf<F>>
      : KindOf<F> extends 'list'
        ? ListDraft<ItemOf<F>>
        : MapDraft<MemberOf<F>>

export interface CounterDraft {
  readonly value: number
  /** Adds up with what others add at the same time. @param amount a whole number, 1 if left out. */
  increment(amount?: number): void
  decrement(amount?: number): void
  /** Sets the value, whatever it is. Beside an increment that its author has not seen it is held. */
  reset(value: number): void
}

export interface SetDraft<Item> {
  /** In order. */
  readonly values: readonly Item[]
  has(item: Item): boolean
  /** Wins over a removal at the same time. */
  add(...items: Item[]): void
  delete(...items: Item[]): void
  /** Adds what is missing and removes the rest. */
  replace(items: readonly Item[]): void
}

export interface ListDraft<Item> {
  readonly values: readonly Item[]
  push(...items: Item[]): void
  /** Removes every element that is equal to one of these. */
  remove(...items: Item[]): void
  /** Writes the difference, so that it merges with what others insert. */
  replace(items: readonly Item[]): void
}

export interface MapDraft<Value> {
  readonly values: Readonly<Record<string, Value>>
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/** Values for a new record. One that lacks a required field is refused when it is created. */
export type NewFields<F extends Fields> = { readonly [Name in keyof InferFields<F>]?: InferFields<F>[Name] }

/** Fields with one scalar value: what a query can ask for and order by. */
export type ScalarNames<F extends Fields> = {
  [Name in keyof F]: KindOf<F[Name]> extends 'set' | 'list' | 'map' | 'json' | 'text' ? never : Name & string
}[keyof F]
