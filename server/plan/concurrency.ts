/**
 * The stricter modes of a collection, or of one request: a write that is based on an older version, or was made
 * before the record's last edit, is refused whole (P3, P4, F1).
 */
import type { DecodedChange } from '@automerge/automerge'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldOp, WriteIntent } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { encodeVersion } from '../../shared/record/version.ts'
import type { Concurrency, ConcurrencyMode } from '../../shared/schema/schema.ts'
import { valueInForce } from './in-force.ts'
import type { RecordDraft } from './record-draft.ts'

interface Based {
  readonly intent: WriteIntent
  readonly ops: readonly FieldOp[]
  readonly saw: readonly string[] | null
  readonly strict: boolean
  readonly origin: Origin
}

export type Freshness =
  /** The write may go on; its operations keep the field that carries the version or the time. */
  | { readonly ok: true; readonly ops: readonly FieldOp[]; readonly origin: Origin }
  | { readonly ok: false; readonly error: SluiceError }

export function checkFreshness(draft: RecordDraft, write: Based): Freshness {
  const { concurrency } = draft.collection
  const mode: ConcurrencyMode =
    write.strict && concurrency.mode === 'merge' && write.saw !== null ? 'row-version' : concurrency.mode
  if (mode !== 'merge' && write.intent === 'update' && !draft.exists)
    return refused('stale_version', 'the record has been deleted since that version', {})
  switch (mode) {
    case 'merge':
      return { ok: true, ops: write.ops, origin: write.origin }
    case 'row-version':
      return checkVersion(draft, write, concurrency)
    case 'timestamp':
      return checkTime(draft, write, concurrency)
  }
}

/** Whether a raw change was made without what is in force, or before it by the clocks, as its collection asks. */
export function changedSince(draft: RecordDraft, change: DecodedChange, origin: Origin): boolean {
  const writes = [...draft.frontiers.values()].flat()
  if (draft.collection.concurrency.mode === 'row-version')
    return writes.some(({ actor, seq }) => !seenFrom(draft, change.deps, actor, seq))
  return editedAt(origin, origin.claimedAt ?? origin.receivedAt) < rowTime(draft)
}

function checkVersion(draft: RecordDraft, write: Based, { field }: Concurrency): Freshness {
  const { ops, saw, origin } = write
  const named = valueNamed(ops, field)
  const current = field === null ? null : (valueInForce(draft, draft.unitOf(field)) ?? 0)
  if (draft.exists) {
    if (named === null && saw === null) return refused('version_required', 'the write names no version', {})
    const expected = named === null ? encodeVersion({ heads: draft.heads, textVersion: 0 }) : current
    const received = named ?? encodeVersion({ heads: saw ?? [], textVersion: 0 })
    const isCurrent = named === null ? sameHeads(saw ?? [], draft.heads) : named === current
    if (!isCurrent)
      return stale(
        expected,
        received,
        `the record is at version ${expected}, and the write is based on ${received}`,
      )
  }
  if (field === null || write.intent === 'delete') return { ok: true, ops, origin }
  const next: FieldOp = { type: 'set', field, value: draft.exists ? Number(current) + 1 : 1 }
  return { ok: true, ops: [...ops.filter((op) => op.field !== field), next], origin }
}

function checkTime(draft: RecordDraft, write: Based, { field }: Concurrency): Freshness {
  const { ops, origin } = write
  const named = valueNamed(ops, field) ?? origin.claimedAt
  if (typeof named !== 'string') {
    if (draft.exists) return refused('version_required', 'the write does not say when it was made', {})
    return { ok: true, ops, origin }
  }
  // A clock that runs ahead must not lock everybody else out.
  const at = editedAt(origin, named)
  const claimedAt = new Date(at).toISOString()
  const newest = rowTime(draft)
  if (draft.exists && at < newest) {
    const edited = new Date(newest).toISOString()
    return stale(
      edited,
      claimedAt,
      `the record was edited at ${edited}, and the write was made at ${claimedAt}`,
    )
  }
  const kept = ops.map((op): FieldOp => (op.field === field ? { type: 'set', field, value: claimedAt } : op))
  const isNamed = field === null || write.intent === 'delete' || kept.some((op) => op.field === field)
  const stamped: readonly FieldOp[] = isNamed
    ? kept
    : [...kept, { type: 'set', field: field ?? '', value: claimedAt }]
  return { ok: true, ops: stamped, origin: { ...origin, claimedAt } }
}

/** When the record was last edited, Unix milliseconds. */
const rowTime = (draft: RecordDraft): number =>
  Math.max(0, ...[...draft.frontiers.values()].flat().map(({ time }) => time))

const editedAt = ({ receivedAt }: Origin, named: string): number =>
  Math.min(Date.parse(named), Date.parse(receivedAt))

function valueNamed(ops: readonly FieldOp[], field: string | null): Json {
  const op = ops.find((one) => one.field === field)
  return op?.type === 'set' ? op.value : null
}

function seenFrom(draft: RecordDraft, deps: readonly string[], actor: string, seq: number): boolean {
  return deps.some((dep) => draft.graph.sees(dep, actor, seq))
}

export const sameHeads = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && b.every((head) => a.includes(head))

/** The sentence names both versions, too: the log and an upload's result have no other members for them. */
const stale = (expected: Json, received: Json, sentence: string): Freshness =>
  refused('stale_version', sentence, { expected, received })

const refused = (...error: ConstructorParameters<typeof SluiceError>): Freshness => ({
  ok: false,
  error: new SluiceError(...error),
})
