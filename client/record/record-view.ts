/** What a client shows of a record: the last snapshot with its author's own changes on top, and what is sure of it. */
import type { Json, JsonObject } from '../../shared/json.ts'
import { applyOps } from '../../shared/policies/apply-op.ts'
import { emptyValue } from '../../shared/policies/check-field-ops.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { ConflictView, RecordStatus, VersionToken } from '../../shared/sync/messages.ts'
import { shownIntent, shownOps } from './queued-change.ts'
import type { RecordState } from './record-state.ts'

/**
 * When a change is shown: `local_first` at once, marked as staged until the server has confirmed it; `origin_first`
 * only then.
 */
export type WritePolicy = 'local_first' | 'origin_first'

export interface RecordView {
  /** `unknown`: the server has not been asked yet, and nothing is stored here. */
  readonly status: RecordStatus | 'unknown'
  /** Every declared field, defaults included, and what the server told beside them (R4). */
  readonly fields: JsonObject
  /** The version that the server has confirmed; null if there is none. */
  readonly version: VersionToken | null
  /** Fields that changes without an answer write. With `local_first`, what is shown of them is not confirmed. */
  readonly staged: ReadonlySet<string>
  /** Field → the open conflict about it. The incumbent is in force. */
  readonly disputed: Readonly<Record<string, ConflictView>>
  readonly conflicts: readonly ConflictView[]
  /** Fields that this person may read and not write, as far as the server has told. */
  readonly readOnly: ReadonlySet<string>
  readonly mayDelete: boolean
}

export function viewRecord(collection: CollectionSpec, state: RecordState, policy: WritePolicy): RecordView {
  const record = state.known?.record ?? null
  const shown = state.queue.filter(({ phase }) => policy === 'local_first' || phase === 'answered')
  let status: RecordView['status'] = record?.status ?? 'unknown'
  let fields: JsonObject = { ...blankRecord(collection), ...declaredOf(record?.fields ?? {}) }
  for (const queued of shown) {
    fields = applyOps(collection, fields, shownOps(queued))
    status = statusWith(status, shownIntent(queued))
  }
  const pending = state.queue.filter(({ phase }) => phase !== 'answered')
  const conflicts = record?.conflicts ?? []
  return {
    status,
    fields,
    version: record?.version ?? null,
    staged: new Set(pending.flatMap(({ change }) => change.ops.map(({ field }) => field))),
    disputed: Object.fromEntries(
      conflicts.flatMap((conflict) => conflict.fields.map((field) => [field, conflict] as const)),
    ),
    conflicts,
    readOnly: new Set(record?.readOnly ?? []),
    // Nobody has said otherwise: the server judges.
    mayDelete: record?.mayDelete ?? true,
  }
}

/** A record that nobody has written. */
export const blankRecord = (collection: Pick<CollectionSpec, 'fields'>): JsonObject =>
  Object.fromEntries([...collection.fields].map(([field, spec]) => [field, spec.default ?? emptyValue(spec)]))

/** A null says that there is no value: then the default of the schema shows, which the server may not know. */
const declaredOf = (fields: JsonObject): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

function statusWith(status: RecordView['status'], intent: ReturnType<typeof shownIntent>): typeof status {
  switch (intent) {
    case 'delete':
      return 'deleted'
    case 'create':
    case 'replace':
    case 'upsert':
      return 'live'
    default:
      return status
  }
}
