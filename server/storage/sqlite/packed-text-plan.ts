/**
 * A plan that only adds a little to a text, as one string, on its way to the writer thread. Nearly every commit is such a
 * plan, with one keystroke in it, and cloning its objects takes twice as long.
 */
import type { DoorName } from '../../../shared/record/origin.ts'
import type { ChainedEntry, Plan } from '../../plan/plan.ts'
import { blankPlan } from '../../plan/plan.ts'

/** JSON of a `Packed`. */
export type PackedTextPlan = string

type Packed = readonly [
  tenant: string,
  collection: string,
  id: string,
  documentId: string,
  expectedVersion: number,
  at: string,
  bindings: Plan['bindings'],
  journal: readonly PackedEntry[],
]

type PackedEntry = readonly [
  /** A character for each. */
  bytes: string,
  chain: string,
  subject: string,
  roles: readonly string[],
  session: string,
  door: DoorName,
  device: string | null,
  metadata: ChainedEntry['origin']['metadata'],
  claimedAt: string | null,
  receivedAt: string,
]

/** Bytes that are worth more as they are. */
const BYTES_MAX = 4 * 1024

/** @returns null for a plan of another form. */
export function packTextPlan(plan: Plan): PackedTextPlan | null {
  const { key, documentId, expectedVersion, at, bindings, journal } = plan
  if (plan.lane !== 'text' || writesMore(plan)) return null
  let bytes = 0
  for (const entry of journal) {
    if (entry.kind !== 'update' || entry.hash !== null || entry.schema !== null) return null
    bytes += entry.bytes.byteLength
  }
  if (bytes > BYTES_MAX) return null
  const packed: Packed = [
    key.tenant,
    key.collection,
    key.id,
    documentId,
    expectedVersion,
    at,
    bindings,
    journal.map(packEntry),
  ]
  return JSON.stringify(packed)
}

/** Than a journal. */
const writesMore = ({
  view,
  tables,
  fieldChanges,
  conflicts,
  outbox,
  answers,
  compartments,
}: Plan): boolean =>
  view !== null ||
  tables.length + fieldChanges.length + conflicts.length + outbox.length + answers.length > 0 ||
  compartments.length > 0

function packEntry({ bytes, chain, origin }: ChainedEntry): PackedEntry {
  const { subject, roles, session, door, device, metadata, claimedAt, receivedAt } = origin
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return [text, chain, subject, roles, session, door, device, metadata, claimedAt, receivedAt]
}

export function unpackTextPlan(packed: PackedTextPlan): Plan & { readonly view: null } {
  const [tenant, collection, id, documentId, expectedVersion, at, bindings, journal] = JSON.parse(
    packed,
  ) as Packed
  const key = { tenant, collection, id }
  return {
    ...blankPlan({ key, documentId, lane: 'text', expectedVersion, at }),
    view: null,
    bindings,
    journal: journal.map(unpackEntry),
  }
}

function unpackEntry([
  bytes,
  chain,
  subject,
  roles,
  session,
  door,
  device,
  metadata,
  claimedAt,
  receivedAt,
]: PackedEntry): ChainedEntry {
  const origin = { subject, roles, session, door, device, metadata, claimedAt, receivedAt }
  return { kind: 'update', bytes: Buffer.from(bytes, 'latin1'), hash: null, schema: null, chain, origin }
}
