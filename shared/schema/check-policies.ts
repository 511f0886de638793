/** What is wrong with the policies that a field declares: each kind of field takes some and not others. */
import type { FieldSpec, Source } from './field-spec.ts'
import { isRegister } from './field-spec.ts'

/** @param where names the field, as the start of a sentence. */
export function policyProblems(where: string, spec: FieldSpec): readonly string[] {
  const problems: string[] = []
  const problem = (text: string): void => {
    problems.push(`${where}: ${text}`)
  }
  if (spec.kind === 'text' && hasPolicy(spec))
    problem('rich text merges by character, so it takes no policy, default or rule; remove that.')
  const isRanked = spec.lww !== 'received' || spec.prefer !== null
  if (isRanked && spec.kind !== 'text' && !isRegister(spec))
    problem(`a ${spec.kind} merges what was written, so no write wins; remove lww() and prefer().`)
  if (isRanked && spec.critical !== null)
    problem('a critical field waits for a person, so no write wins; remove lww() and prefer().')
  if (isRanked && spec.immutable) problem('the first value of it stays; remove lww() and prefer().')
  if (spec.prefer !== null && !isSource(spec.prefer.source))
    problem('prefer() takes role, device, door, author or metadata.<key> as its source.')
  problems.push(...criticalProblems(where, spec), ...stateProblems(where, spec))
  const { bounds } = spec
  if (bounds !== null && bounds.min !== null && bounds.max !== null && bounds.min > bounds.max)
    problem(`its min ${bounds.min} is above its max ${bounds.max}.`)
  if (spec.immutable && spec.kind !== 'text' && !isRegister(spec))
    problem(`a ${spec.kind} is changed by edits; remove immutable().`)
  return problems
}

const hasPolicy = (spec: FieldSpec): boolean =>
  spec.critical !== null ||
  spec.required ||
  spec.default !== undefined ||
  spec.lww !== 'received' ||
  spec.prefer !== null ||
  spec.immutable ||
  spec.writable !== null ||
  spec.check !== null ||
  Object.keys(spec.emits).length > 0

const isSource = (source: Source): boolean => /^(role|device|door|author|metadata\..+)$/.test(source)

function criticalProblems(where: string, { kind, critical }: FieldSpec): readonly string[] {
  if (critical === null) return []
  const problems: string[] = []
  const isPlain = kind === 'text' || isRegister({ kind })
  if (critical.group !== null && !isPlain)
    problems.push(`${where}: a ${kind} cannot be decided together with other fields; remove its group.`)
  if (critical.hold === 'base' && !isPlain)
    problems.push(`${where}: a ${kind} keeps its incumbent while it is disputed; remove hold: 'base'.`)
  if (!Number.isInteger(critical.approvals) || critical.approvals < 1 || critical.approvals > 5)
    problems.push(`${where}: approvals is a whole number from 1 to 5.`)
  return problems
}

function stateProblems(where: string, spec: FieldSpec): readonly string[] {
  const problems: string[] = []
  for (const [from, targets] of Object.entries(spec.transitions ?? {}))
    for (const to of targets)
      if (!spec.values.includes(to))
        problems.push(`${where}: ${from} leads to "${to}", which is no state; declare it.`)
  for (const value of Object.keys(spec.emits))
    if (spec.kind !== 'enum' || !spec.values.includes(value))
      problems.push(`${where}: emits names "${value}", which is none of its values.`)
  return problems
}
