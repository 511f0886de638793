/** What the main thread and the writer thread say to each other. */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Revocation } from '../../auth/revocation.ts'
import type { Plan, RecordView } from '../../plan/plan.ts'
import type { CompactionPlan } from '../../plan/plan-compaction.ts'
import type { ErasurePlan } from '../../plan/plan-erasure.ts'
import type { TableWrite } from '../../projection/table-layout.ts'
import type { Checkpoint, StoredSchema } from '../audit-storage.ts'
import type { CommitResult, LaneSnapshot, ShownRecord, TextProjection } from '../storage.ts'
import type { PackedTextPlan } from './packed-text-plan.ts'
import { packTextPlan } from './packed-text-plan.ts'
import type { ProjectionShape } from './projection-shape.ts'

/** One unit of writing: all of it is written, or none. */
export type WriteJob =
  | { readonly type: 'commit'; readonly plan: Plan }
  | { readonly type: 'erase'; readonly plan: ErasurePlan }
  | { readonly type: 'compact-text'; readonly plan: CompactionPlan }
  | { readonly type: 'keep-snapshots'; readonly key: RecordKey; readonly snapshots: readonly LaneSnapshot[] }
  | { readonly type: 'commit-text'; readonly projection: TextProjection }
  | { readonly type: 'index-texts'; readonly key: RecordKey }
  | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly type: 'keep-revocation'; readonly revocation: Revocation }
  | { readonly type: 'forget-answers' | 'forget-events'; readonly before: string; readonly limit: number }
  | {
      readonly type: 'write-tables'
      readonly writes: readonly TableWrite[]
      readonly shown: ShownRecord | null
    }
  | { readonly type: 'reset-projection' }
  | { readonly type: 'mark-projection-fresh' }

/** A job on its way to the thread. */
export type SentJob =
  | Exclude<WriteJob, { readonly type: 'commit' }>
  | { readonly type: 'commit'; readonly plan: SentPlan }
  | PackedTextPlan

/** What readers see as it is stored: a record may hold thousands of objects, and cloning them takes longer than their JSON. */
export interface SentView extends Omit<RecordView, 'fields'> {
  readonly fields: string
}

export interface SentPlan extends Omit<Plan, 'view'> {
  readonly view: SentView | null
}

export function sentJob(job: WriteJob): SentJob {
  switch (job.type) {
    case 'commit':
      return packTextPlan(job.plan) ?? { type: 'commit', plan: sentPlan(job.plan) }
    case 'keep-snapshots':
      return { ...job, snapshots: job.snapshots.map((one) => ({ ...one, bytes: alone(one.bytes) })) }
    case 'commit-text': {
      const { projection } = job
      return { ...job, projection: { ...projection, snapshot: aloneOrNull(projection.snapshot) } }
    }
    default:
      return job
  }
}

/** A thread is sent the whole buffer behind a view: bytes that are part of a larger one are copied first. */
const alone = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)

const aloneOrNull = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : alone(bytes))

export const sentView = (view: RecordView): SentView => ({ ...view, fields: JSON.stringify(view.fields) })

const sentPlan = (plan: Plan): SentPlan => ({
  ...plan,
  view: plan.view === null ? null : sentView(plan.view),
  journal: plan.journal.map((entry) => ({ ...entry, bytes: alone(entry.bytes) })),
})

export interface WriterOptions {
  readonly file: string
  readonly shape: ProjectionShape
  /** Of the running schema (S8). */
  readonly definitions: readonly StoredSchema[]
  /** The id that the store gets if it is new. */
  readonly newStorageId: string
}

export type WriterRequest =
  /** One batch: written in one transaction. The next is sent when this one is answered. */
  { readonly type: 'write'; readonly jobs: readonly SentJob[] } | { readonly type: 'close' }

export type WriterReply =
  | { readonly type: 'ready'; readonly storageId: string; readonly projectionIsStale: boolean }
  /** The store could not be opened; the thread ends. */
  | { readonly type: 'refused'; readonly reason: string }
  /** One result per job, in their order; none is `committed` before the transaction is durable (W4). */
  | { readonly type: 'written'; readonly results: readonly CommitResult[]; readonly transactions: number }
