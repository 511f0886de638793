/**
 * Business rules (P6): whether a change may be, whatever others do at the same time. Locked records, fields that
 * are written once or by some only, legal transitions, bounds and checks. Each refusal has a code of its own.
 */
import type { Json, JsonObject } from '../json.ts'
import { jsonEqual } from '../json.ts'
import { boundsProblem } from '../schema/check-value.ts'
import type { FieldSpec } from '../schema/field-spec.ts'
import type { ChangeInfo } from '../schema/rules.ts'
import type { CollectionSpec } from '../schema/schema.ts'
import { unitOf } from '../schema/unit.ts'
import { transitionProblem } from './state-machine.ts'
import type { Violation } from './violation.ts'

/** A change as rules look at it. All records are as readers see them, defaults included. */
export interface ProposedChange {
  readonly change: ChangeInfo
  /** The record in force; null if there is none. */
  readonly before: JsonObject | null
  /** The record that the author saw. */
  readonly seen: JsonObject
  /** The record in force with what the change writes. */
  readonly after: JsonObject
}

export interface RuleVerdict {
  /** Why the change may not be at all. */
  readonly record: Violation | null
  /** Why some of its fields may not be written, linked fields together. */
  readonly fields: Readonly<Record<string, Violation>>
}

export const hasRules = (collection: CollectionSpec): boolean =>
  collection.lockedWhen !== null || collection.check !== null || [...collection.fields.values()].some(isRuled)

export function applyRules(collection: CollectionSpec, proposed: ProposedChange): RuleVerdict {
  const record = lockViolation(collection, proposed) ?? checkViolation(collection, proposed)
  const fields: Record<string, Violation> = {}
  for (const field of proposed.change.fields) {
    const spec = collection.fields.get(field)
    const violation = spec === undefined ? null : fieldViolation(field, spec, proposed)
    if (violation === null) continue
    for (const linked of unitOf(collection, field).fields)
      if (proposed.change.fields.includes(linked)) fields[linked] ??= violation
    fields[field] = violation
  }
  return { record, fields }
}

const isRuled = (spec: FieldSpec): boolean =>
  spec.immutable ||
  spec.transitions !== null ||
  spec.writable !== null ||
  spec.check !== null ||
  (spec.kind === 'counter' && spec.bounds !== null)

function lockViolation({ lockedWhen }: CollectionSpec, { before, change }: ProposedChange): Violation | null {
  if (lockedWhen === null || before === null) return null
  const isLocked = outcomeOf(() => lockedWhen(before, { change }))
  return isLocked === false ? null : violation('locked', '', isLocked, 'the record is locked')
}

function checkViolation(
  { check }: CollectionSpec,
  { before, after, change }: ProposedChange,
): Violation | null {
  if (check === null || change.intent === 'delete') return null
  const verdict = outcomeOf(() => check(after, { before, change }))
  return verdict === true ? null : violation('check_failed', '', verdict, 'the record breaks a rule')
}

function fieldViolation(field: string, spec: FieldSpec, proposed: ProposedChange): Violation | null {
  const { change, before, seen, after } = proposed
  const [from, to] = [seen[field] ?? null, after[field] ?? null]
  if (spec.immutable && from !== null && !jsonEqual(from, to))
    return { code: 'immutable', reason: `${field} cannot be changed any more` }
  const transition = transitionProblem(spec, from, to)
  if (transition !== null) return { code: 'illegal_transition', reason: `${field} ${transition}` }
  const context = { change, before: before?.[field] ?? null, after: to, record: after }
  const { writable, check } = spec
  if (writable !== null) {
    const mayWrite = outcomeOf(() => writable(context))
    if (mayWrite !== true)
      return violation('not_writable', field, mayWrite, 'may not be written by this change')
  }
  if (check === null || to === null) return null
  const verdict = outcomeOf(() => check(to, context))
  return verdict === true ? null : violation('check_failed', field, verdict, 'breaks a rule')
}

/** Why an author who sees `seen` may not change a counter by `amount`. */
export function incrementViolation(
  field: string,
  spec: FieldSpec,
  seen: Json,
  amount: number,
): Violation | null {
  if (spec.kind !== 'counter') return null
  const problem = boundsProblem(spec.bounds, Number(seen ?? 0) + amount)
  return problem === null ? null : { code: 'out_of_bounds', reason: `${field} ${problem}` }
}

/** A rule that throws, or that answers with a promise, lets nothing pass: the safe side of a mistake. */
function outcomeOf(rule: () => unknown): boolean | string {
  try {
    const outcome = rule()
    return typeof outcome === 'boolean' || typeof outcome === 'string'
      ? outcome
      : 'has a rule that does not answer'
  } catch (error) {
    return `has a rule that failed: ${error instanceof Error ? error.message : String(error)}`
  }
}

function violation(
  code: Violation['code'],
  field: string,
  verdict: boolean | string,
  plain: string,
): Violation {
  const reason = typeof verdict === 'string' ? verdict : plain
  return { code, reason: field === '' ? reason : `${field} ${reason}` }
}
