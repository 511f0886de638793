/** Whether the actor may revoke tokens of his tenant (W12). */
import type { Actor } from './actor.ts'

/** @param role the one that the settings name; undefined if nobody may. */
export const mayRevoke = (actor: Actor, role: string | undefined): boolean =>
  role !== undefined && actor.roles.includes(role)
