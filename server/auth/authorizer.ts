/**
 * What an actor may do: asked by every door, and by the planner for what is written (A1–A6). A deed on a field takes
 * leave by the collection's rule and by the field's; writing takes leave to read, so that nobody learns from the
 * fate of a write what he may not see.
 */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { JsonObject } from '../../shared/json.ts'
import { DELETED_KEY, isReservedKey } from '../../shared/record/reserved-keys.ts'
import type { AccessActor, Deed } from '../../shared/schema/access.ts'
import type { CollectionSpec, Schema } from '../../shared/schema/schema.ts'

export type Permission =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'forbidden' | 'unknown_field'; readonly field: string }

/** Who asks, and about what. */
export interface Asked {
  readonly actor: AccessActor
  readonly collection: CollectionSpec
  /** The fields in force; null when there is no record at hand: then rules that are functions say no. */
  readonly record: JsonObject | null
}

/** A rule that threw, or answered something else than true or false: it lets nobody pass. */
export interface AccessFault {
  readonly err: unknown
  readonly collection: string
  readonly field: string | null
  readonly deed: Deed
}

const EVERY_ROLE = '*'

export class Authorizer {
  readonly #onFault: (fault: AccessFault) => void

  /** @param onFault told of rules that are broken, for the server's log. */
  constructor(onFault: (fault: AccessFault) => void) {
    this.#onFault = onFault
  }

  /** Whether there may be a record of the collection that the actor may read; with a field, whose field he may read. */
  mayReadSome(actor: AccessActor, { access }: CollectionSpec, field?: string): boolean {
    const rules = [access.records.read, field === undefined ? undefined : access.fields.get(field)?.read]
    return rules.every((rule) => typeof rule === 'function' || hasRole(actor, rule))
  }

  /**
   * Whether records may be asked for by what this field holds: who is shown them learns it. A function that says no
   * of one record and yes of the next could not be followed, so it says no here.
   */
  mayFilter(actor: AccessActor, { access }: CollectionSpec, field: string): boolean {
    const rule = access.fields.get(field)?.read
    return typeof rule !== 'function' && hasRole(actor, rule)
  }

  mayRead(asked: Asked): boolean {
    return this.#allows(asked, 'read', null)
  }

  mayReadField(asked: Asked, field: string): boolean {
    return this.mayRead(asked) && this.#readsField(asked, field)
  }

  /** The first of the fields that he may not read; null if he may read them all. */
  unreadable(asked: Asked, fields: Iterable<string>): string | null {
    return firstOf(fields, (field) => !this.mayReadField(asked, field))
  }

  /** Whether nothing of the record is kept from him. */
  mayReadAll(asked: Asked): boolean {
    const { fields } = asked.collection.access
    return this.mayRead(asked) && [...fields.keys()].every((field) => this.#allows(asked, 'read', field))
  }

  /** Create it, delete it, and write fields that have no rule of their own. */
  mayWrite(asked: Asked): boolean {
    return this.mayRead(asked) && this.#allows(asked, 'write', null)
  }

  mayWriteField(asked: Asked, field: string): boolean {
    return this.mayWrite(asked) && this.#readsField(asked, field) && this.#allows(asked, 'write', field)
  }

  /** The first of the fields that he may not write; null if he may write them all. */
  unwritable(asked: Asked, fields: Iterable<string>): string | null {
    return firstOf(fields, (field) => !this.mayWriteField(asked, field))
  }

  /**
   * Whether the actor may read what the schema does not have: lines and conflicts of a field or a collection that it
   * has lost, or never had. Nobody has said who may, so it is for those who may read all that there is.
   */
  mayReadUndeclared(actor: AccessActor, schema: Schema): boolean {
    return [...schema.values()].every((collection) => this.mayReadAll({ actor, collection, record: null }))
  }

  /**
   * Whether the actor may work on a conflict and decide it (A5): of linked fields he needs leave for each. For a dead
   * letter he needs it for the record: what he makes of its values is checked like any other write.
   * @param asked null if the schema does not have the collection.
   */
  mayResolve(asked: Asked | null, conflict: Pick<Conflict, 'kind' | 'fields'>): Permission {
    if (isDeadLetter(conflict))
      return asked === null || this.#resolvesField(asked, DELETED_KEY)
        ? { ok: true }
        : { ok: false, code: 'forbidden', field: asked.collection.name }
    for (const field of conflict.fields) {
      if (asked === null || !isDeclared(asked.collection, field))
        return { ok: false, code: 'unknown_field', field }
      if (!this.#resolvesField(asked, field)) return { ok: false, code: 'forbidden', field }
    }
    return { ok: true }
  }

  /** Every rule that is declared has to agree; without one it is for those who may write the field. */
  #resolvesField(asked: Asked, field: string): boolean {
    const { access, fields } = asked.collection
    const resolvers = fields.get(field)?.critical?.resolvers ?? []
    const isDeclaredAnywhere =
      resolvers.length > 0 ||
      access.records.resolve !== undefined ||
      access.fields.get(field)?.resolve !== undefined
    if (!isDeclaredAnywhere) return this.mayWriteField(asked, field)
    return (
      this.mayReadField(asked, field) &&
      (resolvers.length === 0 || hasRole(asked.actor, resolvers)) &&
      this.#allows(asked, 'resolve', null) &&
      this.#allows(asked, 'resolve', field)
    )
  }

  /** What the schema does not declare is as secret as the most secret field that it does. */
  #readsField(asked: Asked, field: string): boolean {
    if (isReservedKey(field) || isDeclared(asked.collection, field)) return this.#allows(asked, 'read', field)
    return this.mayReadAll(asked)
  }

  /** @param field null for the record as a whole. */
  #allows({ actor, collection, record }: Asked, deed: Deed, field: string | null): boolean {
    const { access } = collection
    const rule = (field === null ? access.records : access.fields.get(field))?.[deed]
    if (typeof rule !== 'function') return hasRole(actor, rule)
    if (record === null) return false
    const { subject, tenant, roles, device } = actor
    try {
      const answer: unknown = rule({ actor: { subject, tenant, roles, device }, record })
      if (typeof answer === 'boolean') return answer
      throw new TypeError('an access function answers true or false')
    } catch (err) {
      this.#onFault({ err, collection: collection.name, field, deed })
      return false
    }
  }
}

/** Whether the actor may write a change that its author lost again: the author himself, or every role (`*`). */
export const mayRestore = (actor: AccessActor, author: string): boolean =>
  actor.subject === author || actor.roles.includes(EVERY_ROLE)

const hasRole = ({ roles }: AccessActor, allowed: readonly string[] | undefined): boolean =>
  allowed === undefined || roles.some((role) => role === EVERY_ROLE || allowed.includes(role))

const isDeclared = ({ fields, texts }: CollectionSpec, field: string): boolean =>
  field === DELETED_KEY || fields.has(field) || texts.includes(field)

function firstOf(fields: Iterable<string>, isDenied: (field: string) => boolean): string | null {
  for (const field of fields) if (isDenied(field)) return field
  return null
}
