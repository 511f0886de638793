/**
 * Takes a later change into an earlier one that was never sent, so that an hour of typing into a form offline is one
 * change and not a thousand. Only where nobody could tell the difference afterwards: fields whose steps are history
 * of their own (states, critical fields, those with rules or events, bounded counters) keep every step.
 */
import { canonicalJson } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Change } from '../../shared/sync/messages.ts'

/** @returns the two as one, under the earlier one's id; null if they have to stay two. */
export function coalesce(collection: CollectionSpec, earlier: Change, later: Change): Change | null {
  const isSame =
    earlier.intent === 'update' &&
    later.intent === 'update' &&
    earlier.seen === later.seen &&
    earlier.strict === later.strict &&
    collection.concurrency.mode === 'merge' &&
    collection.lockedWhen === null &&
    collection.check === null &&
    canonicalJson(earlier.metadata) === canonicalJson(later.metadata)
  if (!isSame) return null
  const known = new Map(earlier.ops.map((op) => [op.field, op]))
  const ops: FieldOp[] = []
  for (const op of later.ops) {
    const spec = collection.fields.get(op.field)
    const before = known.get(op.field)
    const merged = spec === undefined || before === undefined || !isPlain(spec) ? null : mergeOps(before, op)
    if (merged === null) return null
    ops.push(merged)
  }
  const written = new Map(ops.map((op) => [op.field, op]))
  if (written.size !== ops.length || known.size !== earlier.ops.length) return null
  return { ...earlier, ops: earlier.ops.map((op) => written.get(op.field) ?? op), claimedAt: later.claimedAt }
}

function mergeOps(before: FieldOp, op: FieldOp): FieldOp | null {
  if (before.type === 'set' && op.type === 'set') return op
  if (before.type === 'increment' && op.type === 'increment')
    return { ...op, amount: before.amount + op.amount }
  return null
}

const isPlain = (spec: FieldSpec): boolean =>
  spec.critical === null &&
  spec.transitions === null &&
  spec.writable === null &&
  spec.check === null &&
  !spec.immutable &&
  !(spec.kind === 'counter' && spec.bounds !== null) &&
  spec.kind !== 'set' &&
  spec.kind !== 'list' &&
  spec.kind !== 'map' &&
  Object.keys(spec.emits).length === 0
