/** Whether the actor may look into how the server does (O3). */
import type { Actor } from './actor.ts'

/** @param roles those that the settings name. `*` stands for every role, which only an open demo hands out. */
export const mayOperate = (actor: Actor, roles: readonly string[]): boolean =>
  actor.roles.some((role) => role === '*' || roles.includes(role))
