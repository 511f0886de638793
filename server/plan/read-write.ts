/** Reads one field write of a change: what it competes with, what is wrong with it, where it came from. */
import type { DecodedChange } from '@automerge/automerge'
import type { Side } from '../../shared/conflicts/conflict.ts'
import { sideIdOf } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { encodeVersion } from '../../shared/record/version.ts'
import { stepProblem, valueProblem } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import { normalizeValue, readField } from './automerge-values.ts'

/** A change's write as a side of a conflict: its value and everything known of where it came from (C8). */
export function sideOf(change: DecodedChange, origin: Origin, written: CompetingWrite): Side {
  return {
    id: sideIdOf(change.hash),
    operation: written.operation,
    value: written.value,
    author: origin.subject,
    session: origin.session,
    door: origin.door,
    device: origin.device,
    metadata: origin.metadata,
    claimedAt: origin.claimedAt,
    receivedAt: origin.receivedAt,
    sawVersion: encodeVersion({ heads: change.deps, textVersion: 0 }),
    changeHash: change.hash,
    supersededBy: null,
  }
}

/** A raw write that breaks the field's declaration is kept in the document and undone at once (W7). */
export function writeProblem(spec: FieldSpec, write: FieldWrite, value: Json): string | null {
  if (write.operation === 'increment')
    return spec.kind === 'counter' ? stepProblem(write.amount) : 'is no counter'
  if (write.operation === 'edit' && isContainer(spec)) return null
  if (value === null) return spec.required && spec.default === undefined ? 'is required' : null
  if (spec.kind === 'set') return typeof value === 'object' ? null : 'takes a map whose keys are the items'
  return valueProblem(spec, value)
}

/**
 * Editing inside a register's object or text is writing the register (R3), null is the same as a delete, and
 * a delete that leaves a value behind has confirmed it.
 */
export function competingWrite(spec: FieldSpec, write: FieldWrite, raw: Json): CompetingWrite {
  if (write.operation === 'increment') return { operation: 'increment', value: write.amount }
  if (!isContainer(spec)) {
    const value = normalizeValue(spec, raw)
    return { operation: value === null ? 'delete' : 'set', value }
  }
  if (write.operation === 'delete' && raw === null) return { operation: 'delete', value: null }
  return { operation: write.operation === 'edit' ? 'edit' : 'set', value: readField(spec, raw) }
}
