/** Makes a record's state from what is stored: the snapshot, then the journal's tail, judged again (C3). */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { admitBytes } from './admit.ts'
import type { JournalEntry } from './plan.ts'
import { RecordDraft } from './record-draft.ts'
import { decodeSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { emptyRecordState } from './record-state.ts'

export interface FoldInput {
  readonly snapshot: { readonly version: number; readonly bytes: Uint8Array } | null
  readonly tail: readonly JournalEntry[]
  readonly bindings: ReadonlyMap<string, string>
  readonly createdAt: string | null
}

/** @throws whatever Automerge throws on bytes that a damaged store has returned. */
export function foldJournal(key: RecordKey, collection: CollectionSpec, input: FoldInput): RecordState {
  const empty = { ...emptyRecordState(key, collection), bindings: input.bindings, createdAt: input.createdAt }
  const start =
    input.snapshot === null ? empty : decodeSnapshot(empty, input.snapshot.version, input.snapshot.bytes)
  if (input.tail.length === 0) return start
  const draft = new RecordDraft(start)
  for (const entry of input.tail) admitBytes(draft, entry)
  return draft.finish()
}
