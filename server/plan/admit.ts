/**
 * Lets a journal entry into a draft: the one way in for changes that a client made, that the server authored,
 * and that a replay reads back, so that all three meet the same judgement (C3).
 */

import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import { fieldWritesOf } from '../../shared/merge/field-writes.ts'
import { admitResolution, admitUndo } from './decide.ts'
import type { ValuesBefore } from './judge.ts'
import { judgeChange, valuesBefore } from './judge.ts'
import type { JournalEntry } from './plan.ts'
import type { RecordDraft } from './record-draft.ts'

/** Applies bytes that the document does not hold yet. */
export function admitBytes(
  draft: RecordDraft,
  entry: JournalEntry,
  decoded = Automerge.decodeChange(entry.bytes),
): void {
  const { writes } = fieldWritesOf(decoded, (id) => draft.objects.get(id))
  const before = valuesBefore(
    draft,
    writes.map(({ field }) => field),
  )
  draft.apply(entry.bytes)
  admitApplied(draft, entry, decoded, before)
}

/** Takes in a change that the draft's document already holds, because it was authored there. */
export function admitApplied(
  draft: RecordDraft,
  entry: JournalEntry,
  decoded: DecodedChange,
  before: ValuesBefore,
): void {
  const { writes, objects } = fieldWritesOf(decoded, (id) => draft.objects.get(id))
  for (const [id, field] of objects) draft.objects.set(id, field)
  draft.record(decoded, entry)
  switch (entry.kind) {
    case 'change':
      return judgeChange(draft, decoded, writes, entry.origin, before)
    case 'resolution':
      return admitResolution(draft, decoded, entry.origin)
    case 'undo':
      return admitUndo(draft, decoded, entry.origin)
    case 'genesis':
    case 'settle':
      return
    case 'update':
      throw new RangeError('a Yjs update does not belong in the journal of fields')
  }
}
