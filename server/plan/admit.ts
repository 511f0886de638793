/**
 * Lets a journal entry into a draft: the one way in for changes that a client made, that the server authored,
 * and that a replay reads back, so that all three meet the same judgement (C3).
 */

import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { FieldWrites } from '../../shared/merge/field-writes.ts'
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

/** Lets in bytes that the document does not hold yet. What the rules said of them, a replay knows. */
export function admitBytes(
  draft: RecordDraft,
  entry: JournalEntry,
  decoded = Automerge.decodeChange(entry.bytes),
): void {
  const told = writesOf(draft, decoded)
  const before = valuesBefore(draft, fieldsOf(told))
  draft.doc.enter(entry.bytes, decoded, told.keys)
  admitApplied(draft, entry, decoded, before, told)
}

/** Applies a client's change; it is to be admitted then. @returns what was in force before. */
export function enterForeign(
  draft: RecordDraft,
  bytes: Uint8Array,
  decoded: DecodedChange,
  told: FieldWrites,
): ValuesBefore {
  const before = valuesBefore(draft, fieldsOf(told))
  draft.doc.enterForeign(bytes, decoded, told.keys)
  return before
}

const fieldsOf = ({ writes }: FieldWrites): readonly string[] => writes.map(({ field }) => field)

/** The entry with what the business rules say of it. */
export const judgedBy = (entry: JournalEntry, rejected: Readonly<Record<string, Violation>>): JournalEntry =>
  Object.keys(rejected).length === 0 ? entry : { ...entry, rejected }

/** Takes in a change that the draft's document already holds. */
export function admitApplied(
  draft: RecordDraft,
  entry: JournalEntry,
  decoded: DecodedChange,
  before: ValuesBefore,
  { writes, objects }: FieldWrites,
): void {
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

/** What a change does to the fields of the draft's document. */
export const writesOf = (draft: RecordDraft, decoded: DecodedChange): FieldWrites =>
  fieldWritesOf(decoded, (id) => draft.objects.get(id))
