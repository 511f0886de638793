/** A window on a document's causal graph: the journal says in which order, the graph after what, the log what became of it. */
import type { ChangeNode } from '../../../shared/causality/change-node.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import { MAIN } from '../../../shared/schema/compartments.ts'
import type { Lane } from '../../plan/plan.ts'
import { compartmentOfLane, isLane } from '../../plan/plan.ts'
import { documentOf } from '../../plan/record-state.ts'
import { fieldsToldIn } from '../../plan/view-of.ts'
import type { StoredFieldChange } from '../../storage/change-log.ts'
import type { EntryOutline } from '../../storage/inspection-storage.ts'
import type { RestParts } from './rest-context.ts'
import type { SeenRecord } from './seen-record.ts'
import type { Visibility } from './visibility.ts'

export interface GraphWindow {
  readonly lane: string
  readonly limit: number
  /** The journal version below which it starts; null for the newest. */
  readonly before: number | null
}

/** Of the record, beside which changes are looked up. */
const CONFLICTS_MAX = 200
/** A change has a line for each field that it wrote. */
const LINES_MAX = 2_000

/** Newest first. @throws SluiceError `not_found` for a document that there is not, or that its reader may not read whole. */
export async function graphPage(
  parts: RestParts,
  visibility: Visibility,
  record: SeenRecord,
  { lane, limit, before }: GraphWindow,
): Promise<{ readonly items: readonly object[]; readonly next: string | null }> {
  const { key } = record
  if (!isLane(lane) || lane === 'text') throw noDocument()
  const outlines = await parts.storage.inspection.listEntries(key, lane, before, limit + 1)
  const shown = outlines.slice(0, limit)
  const hashes = shown.flatMap(({ hash }) => (hash === null ? [] : [hash]))
  const nodes = await nodesOf(parts, record, lane, hashes)
  const lines = await linesOf(parts, record, hashes)
  const conflicts = await conflictsOf(parts, visibility, record)
  const heads = new Set(headsOf(record, lane))
  const items = shown.flatMap((entry) => {
    const node = entry.hash === null ? undefined : nodes.get(entry.hash)
    if (node === undefined) return []
    const own = lines.get(node.hash) ?? []
    const of = [
      ...own.flatMap(({ conflictId }) => (conflictId === null ? [] : [conflictId])),
      ...(conflicts.get(node.hash) ?? []),
    ]
    return [nodeAnswer(entry, node, own, [...new Set(of)], heads.has(node.hash))]
  })
  const last = shown.at(-1)
  return { items, next: outlines.length > limit && last !== undefined ? String(last.version) : null }
}

const noDocument = (): SluiceError => new SluiceError('not_found', 'the record has no such document')

const nodesOf = (
  { rooms }: RestParts,
  { key, sees }: SeenRecord,
  lane: Lane,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, ChangeNode>> =>
  rooms.record(key).read((state) => {
    const compartment = lane === 'fields' ? MAIN : compartmentOfLane(lane)
    const document = documentOf(state, compartment)
    if (document === undefined || ![...fieldsToldIn(state, compartment)].every(sees)) throw noDocument()
    const found = hashes.map((hash) => document.graph.node(hash))
    return new Map(found.flatMap((node) => (node === undefined ? [] : [[node.hash, node]])))
  })

async function linesOf(
  { storage }: RestParts,
  { key, sees }: SeenRecord,
  changeHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredFieldChange[]>> {
  const { tenant, collection, id: recordId } = key
  const { items } = await storage.listFieldChanges({
    tenant,
    collection,
    recordId,
    changeHashes,
    order: 'oldest',
    cursor: null,
    limit: LINES_MAX,
  })
  const lines = new Map<string, StoredFieldChange[]>()
  for (const line of items)
    if (sees(line.field)) lines.set(line.changeHash, [...(lines.get(line.changeHash) ?? []), line])
  return lines
}

/** Hash of a change → ids of the conflicts that it is a side of, decided ones included. */
async function conflictsOf(
  { storage }: RestParts,
  visibility: Visibility,
  { key }: SeenRecord,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { tenant, collection, id: recordId } = key
  const filter = { tenant, states: null, collection, recordId, cursor: null, limit: CONFLICTS_MAX }
  const found = new Map<string, string[]>()
  for (const stored of (await storage.listConflicts(filter)).items) {
    const seen = await visibility.seenConflict(stored)
    if (seen === null) continue
    const { id, incumbent, alongside, challengers } = seen.conflict
    for (const { changeHash } of [incumbent, ...alongside, ...challengers])
      found.set(changeHash, [...(found.get(changeHash) ?? []), id])
  }
  return found
}

const headsOf = ({ stored }: SeenRecord, lane: Lane): readonly string[] =>
  lane === 'fields'
    ? stored.heads
    : (stored.compartments.find(({ compartment }) => compartment === compartmentOfLane(lane))?.heads ?? [])

const nodeAnswer = (
  { kind, origin }: EntryOutline,
  { hash, deps, actor, seq, opCount }: ChangeNode,
  lines: readonly StoredFieldChange[],
  conflicts: readonly string[],
  isHead: boolean,
): object => ({
  hash,
  version: encodeVersion({ heads: [hash], textVersion: 0 }),
  builds: deps,
  isHead,
  kind,
  actor,
  seq,
  operations: opCount,
  author: origin.subject,
  door: origin.door,
  device: origin.device,
  claimedAt: origin.claimedAt,
  receivedAt: origin.receivedAt,
  outcomes: lines.map(({ field, outcome, reason, code, conflictId }) => ({
    field,
    outcome,
    reason,
    code,
    conflictId,
  })),
  conflicts,
})
