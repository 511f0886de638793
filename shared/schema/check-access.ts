/** Reads access rules as a user has declared them. */
import type { AccessFunction, AccessRule, AccessRules, Deed } from './access.ts'
import { DEEDS } from './access.ts'

const EVERY_ROLE = '*'

/** @param problems takes up what is wrong. */
export function readAccess(where: string, declared: unknown, problems: string[]): AccessRules {
  if (typeof declared !== 'object' || declared === null) {
    problems.push(`${where}: its access rules: there are ${DEEDS.join(', ')}.`)
    return {}
  }
  const rules: { [D in Deed]?: AccessRule } = {}
  for (const [name, value] of Object.entries(declared)) {
    if (value === undefined) continue
    const deed = DEEDS.find((one) => one === name)
    const problem = deed === undefined ? `there are ${DEEDS.join(', ')}` : ruleProblem(value)
    if (problem !== null) problems.push(`${where}: its access ${name}: ${problem}.`)
    else if (deed !== undefined) rules[deed] = value
  }
  return rules
}

function ruleProblem(value: unknown): string | null {
  if (isRuleFunction(value)) return null
  if (!Array.isArray(value) || value.some((role) => typeof role !== 'string'))
    return 'takes a list of roles or a function; leave the rule out for everybody in the tenant'
  if (value.includes('')) return 'a role has a name'
  return value.includes(EVERY_ROLE) ? 'to let everybody in the tenant, leave the rule out' : null
}

const isRuleFunction = (value: unknown): value is AccessFunction => typeof value === 'function'
