/** Reads access rules as a user has declared them. */
import { z } from 'zod'
import type { AccessFunction, AccessRules } from './access.ts'

const EVERY_ROLE = '*'

const role = z
  .string()
  .min(1, 'a role has a name')
  .refine((name) => name !== EVERY_ROLE, 'to let everybody in the tenant, leave the rule out')
const rule = z.union(
  [
    z.array(role).readonly(),
    z.custom<AccessFunction>((value) => typeof value === 'function', 'takes roles or a function'),
  ],
  { error: 'takes a list of roles or a function; leave the rule out for everybody in the tenant' },
)

export const accessSchema = z.strictObject({
  read: rule.optional(),
  write: rule.optional(),
  resolve: rule.optional(),
})

/** @param problems takes up what is wrong. */
export function readAccess(where: string, declared: unknown, problems: string[]): AccessRules {
  const parsed = accessSchema.safeParse(declared)
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues)
    problems.push(`${where}: its access ${path.join('.') || 'rules'}: ${message}.`)
  return {}
}
