/**
 * Lets a journal entry into a draft: the one way in for changes that a client made, that the server authored,
 * and that a replay reads back, so that all three meet the same judgement (C3).
 */

import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import { fieldWritesOf } from '../../shared/merge/field-writes.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import { admitResolution, admitUndo } from './decide.ts'
import { fireEvents } from './enter-state.ts'
import type { ValuesBefore } from './in-force.ts'
import { valuesBefore } from './in-force.ts'
import { admitStep } from './inbox-entry.ts'
import { judgeChange } from './judge-change.ts'
import type { JournalEntry } from './plan.ts'
import type { RecordDraft } from './record-draft.ts'
import { admitRefusal } from './refusal.ts'

/** Lets in an entry as it is read back from the journal. */
export function admitEntry(draft: RecordDraft, entry: JournalEntry): void {
  if (entry.kind === 'refusal') admitRefusal(draft, entry)
  else if (entry.kind === 'inbox') admitStep(draft, entry)
  else admitBytes(draft, entry)
}

/**
 * Applies bytes that the document does not hold yet.
 * @param check asks the business rules about a change that comes in; a replay knows what they said.
 */
export function admitBytes(
  draft: RecordDraft,
  entry: JournalEntry,
  decoded = Automerge.decodeChange(entry.bytes),
  check?: (writes: readonly FieldWrite[]) => Readonly<Record<string, Violation>>,
): void {
  const { writes, keys } = fieldWritesOf(decoded, (id) => draft.objects.get(id))
  const before = valuesBefore(
    draft,
    writes.map(({ field }) => field),
  )
  draft.doc.enter(entry.bytes, decoded, keys)
  // The rules look at the record as it was and as it would be, but at ancestry only once it is recorded.
  const rejected = check?.(writes) ?? {}
  const judged = Object.keys(rejected).length === 0 ? entry : { ...entry, rejected }
  admitApplied(draft, judged, decoded, before)
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
      judgeChange(draft, decoded, writes, entry, before)
      break
    case 'resolution':
      admitResolution(draft, decoded, entry.origin)
      break
    case 'undo':
      admitUndo(draft, decoded, entry.origin)
      break
    case 'settle':
      draft.restored.clear()
      return
    case 'genesis':
      return
    default:
      throw new RangeError(`an entry of kind ${entry.kind} is no Automerge change`)
  }
  fireEvents(
    draft,
    decoded,
    writes.map(({ field }) => field),
    entry,
    before,
  )
}
