/** Reads what a change writes to a unit: what it competes with, what is wrong with it, where it came from. */
import type { DecodedChange } from '@automerge/automerge'
import type { Side } from '../../shared/conflicts/conflict.ts'
import { sideIdOf } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { encodeVersion } from '../../shared/record/version.ts'
import { isOutOfBounds, normalizeValue, stepProblem, valueProblem } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { readOnce, toJson } from './automerge-values.ts'

/** What a change writes to one unit. */
export interface UnitWrites {
  readonly unit: Unit
  readonly writes: readonly [FieldWrite, ...FieldWrite[]]
  /** The unit's value in force before the change. */
  readonly before: Json
  /** The rule that the change breaks, as it was found when it came in. */
  readonly violation: Violation | null
}

/** A change's write as a side of a conflict: its value and everything known of where it came from (C8). */
export function sideOf(
  change: Pick<DecodedChange, 'hash' | 'deps'>,
  origin: Origin,
  written: CompetingWrite,
): Side {
  return {
    id: sideIdOf(change.hash),
    operation: written.operation,
    value: written.value,
    ...provenanceOf(origin),
    sawVersion: encodeVersion({ heads: change.deps, textVersion: 0 }),
    changeHash: change.hash,
    supersededBy: null,
  }
}

/** Where a side came from, as its origin tells. */
export const provenanceOf = (origin: Origin): Provenance => ({
  author: origin.subject,
  roles: origin.roles,
  session: origin.session,
  door: origin.door,
  device: origin.device,
  metadata: origin.metadata,
  claimedAt: origin.claimedAt,
  receivedAt: origin.receivedAt,
})

type Provenance = Pick<
  Side,
  'author' | 'roles' | 'session' | 'door' | 'device' | 'metadata' | 'claimedAt' | 'receivedAt'
>

/** The log line that tells the author of a write that another has taken its place, or was preferred to it. */
export const lossLine = (
  side: Side,
  field: string,
  values: { readonly lost: Json; readonly inForce: Json },
  reason: string,
  conflictId: string | null,
): FieldChange => ({
  field,
  // A side holds the value as its author had it, so that is what he lost.
  operation: side.operation === 'update' || side.operation === 'edit' ? 'set' : side.operation,
  oldValue: values.lost,
  newValue: values.inForce,
  outcome: 'superseded',
  reason,
  code: null,
  conflictId,
  changeHash: side.changeHash,
  origin: {
    subject: side.author,
    roles: side.roles,
    session: side.session,
    door: side.door,
    device: side.device,
    metadata: side.metadata,
    claimedAt: side.claimedAt,
    receivedAt: side.receivedAt,
  },
})

/** A raw write that breaks the field's declaration is kept in the document and undone at once (W7). */
export function writeViolation(spec: FieldSpec, write: FieldWrite, raw: unknown): Violation | null {
  // Whatever is inside, and it may be much.
  if (write.operation === 'edit' && isContainer(spec)) return null
  const value = toJson(raw)
  const problem = writeProblem(spec, write, value)
  if (problem === null) return null
  const code = isOutOfBounds(spec, value) ? 'out_of_bounds' : 'invalid_value'
  return { code, reason: `${write.field} ${problem}` }
}

function writeProblem(spec: FieldSpec, write: FieldWrite, value: Json): string | null {
  if (write.operation === 'increment')
    return spec.kind === 'counter' ? stepProblem(write.amount) : 'is no counter'
  if (value === null) return spec.required && spec.default === undefined ? 'is required' : null
  if (spec.kind === 'set') return typeof value === 'object' ? null : 'takes a map whose keys are the items'
  return valueProblem(spec, value)
}

/**
 * Editing inside a register's object or text is writing the register (R3), null is the same as a delete, and
 * a delete that leaves a value behind has confirmed it.
 */
export function competingWrite(unit: Unit, write: FieldWrite, raw: unknown): CompetingWrite {
  const { spec } = unit
  if (unit.deletes !== null) return deletion(raw === true)
  if (write.operation === 'increment') return { operation: 'increment', value: write.amount }
  if (!isContainer(spec)) {
    const value = normalizeValue(spec, toJson(raw))
    return { operation: value === null ? 'delete' : 'set', value }
  }
  if (write.operation === 'delete' && raw == null) return { operation: 'delete', value: null }
  return { operation: write.operation === 'edit' ? 'edit' : 'set', value: readOnce(spec, raw) }
}

/** A write to the register that says whether the record is deleted. */
export const deletion = (isDeleted: boolean): CompetingWrite => ({
  operation: isDeleted ? 'delete' : 'set',
  value: isDeleted,
})
