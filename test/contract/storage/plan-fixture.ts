/** Plans, conflicts and log lines as the planner would make them, with only what a test is about spelled out. */

import type { ChainedEntry, Lane, Plan, RecordView } from '../../../server/plan/plan.ts'
import { recordTableWrites } from '../../../server/projection/table-layout.ts'
import type { LaneSnapshot, StoredText, TextProjection } from '../../../server/storage/storage.ts'
import type { Conflict, Side } from '../../../shared/conflicts/conflict.ts'
import type { JsonObject } from '../../../shared/json.ts'
import type { FieldChange } from '../../../shared/record/field-change.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { contractSchema } from './subject.ts'

/** The nth second of a day in 2026. */
export const at = (second: number): string => new Date(Date.UTC(2026, 2, 1, 9, 0, second)).toISOString()

let lastId = 0
/** A key that no other test uses. */
export const newKey = (tenant = 'default', collection = 'patients'): RecordKey => ({
  tenant,
  collection,
  id: `r${String(++lastId).padStart(4, '0')}`,
})

export const originAt = (second: number, subject = 'ada'): Origin => ({
  subject,
  roles: ['nurse'],
  session: 'session-1',
  door: 'rest',
  device: 'tablet',
  metadata: { app: { version: '1.2' }, reason: 'Ångström & "quotes"' },
  claimedAt: at(second - 1),
  receivedAt: at(second),
})

export const entryAt = (second: number, bytes: readonly number[] = [second, 0, 255]): ChainedEntry => ({
  kind: 'change',
  bytes: Uint8Array.from(bytes),
  hash: `hash-${second}`,
  schema: `schema-${second}`,
  chain: `chain-${second}`,
  origin: originAt(second),
})

export const viewOf = (fields: JsonObject, overrides: Partial<RecordView> = {}): RecordView => ({
  heads: ['a1', 'b2'],
  fields,
  disputed: {},
  deleted: false,
  ...overrides,
})

const empty = {
  bindings: [],
  view: null,
  tables: [],
  fieldChanges: [],
  conflicts: [],
  outbox: [],
  answers: [],
  compartments: [],
} as const

/** A fields plan at a second: one journal entry, and the view with its table writes if there is one. */
export function fieldsPlan(
  key: RecordKey,
  expectedVersion: number,
  second: number,
  overrides: Partial<Plan> = {},
): Plan {
  const collection = contractSchema.get(key.collection)
  const { view } = overrides
  const stamps = { createdAt: at(second), updatedAt: at(second) }
  const tables =
    view === undefined || view === null || collection === undefined
      ? []
      : recordTableWrites(collection, key, view, stamps)
  return {
    ...empty,
    key,
    documentId: documentIdOf(key),
    lane: 'fields',
    expectedVersion,
    journal: [entryAt(second)],
    tables,
    at: at(second),
    ...overrides,
  }
}

export const textPlan = (
  key: RecordKey,
  expectedVersion: number,
  second: number,
  overrides: Partial<Plan> = {},
): Plan => ({
  ...empty,
  key,
  documentId: documentIdOf(key),
  lane: 'text',
  expectedVersion,
  journal: [{ ...entryAt(second), kind: 'update', hash: null, schema: null }],
  at: at(second),
  ...overrides,
})

/** Of a lane whose newest entry is that of a second. */
export const snapshotAt = (
  second: number,
  version: number,
  bytes: readonly number[],
  lane: Lane = 'fields',
): LaneSnapshot => ({ lane, version, chain: `chain-${second}`, bytes: Uint8Array.from(bytes) })

export const storedText = (plain: string): StoredText => ({ plain, structure: [{ insert: plain }] })

export const textProjection = (
  key: RecordKey,
  textVersion: number,
  plain: string,
  overrides: Partial<TextProjection> = {},
): TextProjection => ({
  key,
  textVersion,
  texts: { notes: storedText(plain) },
  updatedAt: at(textVersion),
  snapshot: null,
  ...overrides,
})

export const changeAt = (second: number, overrides: Partial<FieldChange> = {}): FieldChange => ({
  field: 'diagnosis',
  operation: 'set',
  oldValue: null,
  newValue: `value ${second}`,
  outcome: 'applied',
  reason: null,
  code: null,
  conflictId: null,
  changeHash: `hash-${second}`,
  origin: originAt(second),
  ...overrides,
})

export const sideAt = (second: number, overrides: Partial<Side> = {}): Side => ({
  id: `side-${second}`,
  operation: 'set',
  value: { nested: [second, null, 'x'] },
  author: 'ada',
  roles: ['doctor'],
  session: 'session-1',
  door: 'automerge',
  device: null,
  metadata: { ward: 3 },
  claimedAt: null,
  receivedAt: at(second),
  sawVersion: 'token.0',
  changeHash: `hash-${second}`,
  supersededBy: null,
  ...overrides,
})

export const conflictAt = (id: string, second: number, overrides: Partial<Conflict> = {}): Conflict => ({
  id,
  state: 'open',
  kind: 'set-set',
  fields: ['diagnosis'],
  base: null,
  inForce: 'flu',
  incumbent: sideAt(second),
  alongside: [],
  challengers: [sideAt(second + 1)],
  openedAt: at(second),
  assignee: null,
  proposal: null,
  resolution: null,
  events: [{ type: 'opened', side: `side-${second + 1}`, at: at(second), author: 'ada' }],
  forgotten: 0,
  ...overrides,
})
