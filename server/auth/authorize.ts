/** What an actor may do: one function per deed, asked by every door. */
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { Actor } from './actor.ts'

/** Whether the actor may decide a conflict on this field: `critical({ resolvers })` names the roles. */
export function mayResolve(actor: Actor, spec: FieldSpec): boolean {
  const resolvers = spec.critical?.resolvers ?? []
  return resolvers.length === 0 || actor.roles.some((role) => role === '*' || resolvers.includes(role))
}

/** Whether the actor may write a change that its author lost again: the author himself, or every role (`*`). */
export const mayRestore = (actor: Actor, author: string): boolean =>
  actor.subject === author || actor.roles.includes('*')
