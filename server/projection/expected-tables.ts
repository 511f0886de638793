/**
 * What the projected tables must show of one record, derived from its journal alone (S3): snapshots, stored
 * conflicts and stored rows are not looked at.
 */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { compactionOf, inflateText, isCompaction } from '../plan/compaction.ts'
import { presentEpoch, startOf } from '../plan/erasure.ts'
import { replayJournal } from '../plan/fold-journal.ts'
import type { ChainedEntry, RecordView } from '../plan/plan.ts'
import { freeState } from '../plan/record-state.ts'
import { viewOf } from '../plan/view-of.ts'
import type { Storage, TextProjection } from '../storage/storage.ts'
import type { TableWrite } from './table-layout.ts'
import { recordTableWrites } from './table-layout.ts'
import type { TextMaterializer } from './text-materializer.ts'

export interface ExpectedRecord {
  readonly writes: readonly TableWrite[]
  /** What readers of the record are shown; null if there is nothing but text. */
  readonly view: RecordView | null
  /** Null if nobody has written text. */
  readonly text: TextProjection | null
  readonly conflicts: readonly Conflict[]
  /** The change log, oldest first. */
  readonly lines: readonly FieldChange[]
}

export interface ExpectedTablesParts {
  readonly storage: Pick<Storage, 'scanJournal' | 'schemas'>
  readonly materializer: Pick<TextMaterializer, 'materialize'>
}

export async function expectedRecord(
  parts: ExpectedTablesParts,
  key: RecordKey,
  collection: CollectionSpec,
): Promise<ExpectedRecord> {
  const fields = await parts.storage.scanJournal(key, 'fields')
  const text = await parts.storage.scanJournal(key, 'text')
  return {
    ...expectedFields(key, collection, fields, parts.storage.schemas),
    text: await expectedText(parts, key, collection, text),
  }
}

function expectedFields(
  key: RecordKey,
  collection: CollectionSpec,
  journal: readonly ChainedEntry[],
  schemas: Storage['schemas'],
): Omit<ExpectedRecord, 'text'> {
  const { erasure, entries } = presentEpoch(journal)
  const createdAt = entries[0]?.origin.receivedAt ?? null
  if (createdAt === null) return { writes: [], view: null, conflicts: [], lines: [] }
  const { state, conflicts, lines } = replayJournal(key, collection, {
    snapshot: null,
    tail: entries,
    erasure,
    bindings: new Map(),
    createdAt,
    chain: journal.at(-1)?.chain ?? null,
    schemas,
  })
  const updatedAt = journal.at(-1)?.origin.receivedAt ?? createdAt
  const view = viewOf(state)
  const writes = recordTableWrites(collection, key, view, { createdAt, updatedAt })
  freeState(state, null)
  return { writes, view, conflicts: [...conflicts.values()], lines }
}

async function expectedText(
  { materializer }: ExpectedTablesParts,
  key: RecordKey,
  collection: CollectionSpec,
  journal: readonly ChainedEntry[],
): Promise<TextProjection | null> {
  const { erasure, entries } = presentEpoch(journal)
  const newest = entries.at(-1)
  const first = entries[0]
  if (newest === undefined || first === undefined) return null
  const compacted = isCompaction(first) ? compactionOf(first) : null
  const updates = (compacted === null ? entries : entries.slice(1)).map(({ bytes }) => bytes)
  const { texts } = await materializer.materialize({
    snapshot: compacted === null ? null : await inflateText(first.bytes, compacted),
    updates,
    texts: collection.texts,
    wantSnapshot: false,
  })
  const textVersion = startOf(erasure) + (compacted?.entries ?? 0) + updates.length
  const updatedAt = updates.length === 0 && compacted !== null ? compacted.to : newest.origin.receivedAt
  return { key, textVersion, texts, updatedAt, snapshot: null }
}
