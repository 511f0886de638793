/**
 * A step in the life of a conflict that writes no value into its record, as an entry of the journal: so a replay
 * yields the same inbox (C3, C7).
 */
import type { Conflict, Resolution } from '../../shared/conflicts/conflict.ts'
import { resolveConflict } from '../../shared/conflicts/conflict-transitions.ts'
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { InboxStep } from '../../shared/conflicts/inbox-transitions.ts'
import { takeStep } from '../../shared/conflicts/inbox-transitions.ts'
import { isJsonObject } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { valueInForce } from './in-force.ts'
import type { JournalEntry } from './plan.ts'
import type { RecordDraft } from './record-draft.ts'

/** A dead letter is corrected or dismissed: whatever that has written is an entry of its own. */
export type CloseStep = { readonly type: 'close' } & Pick<
  Resolution,
  'value' | 'seen' | 'note' | 'dismisses' | 'changeHash'
>

export interface InboxEntry {
  /** The conflict's id. */
  readonly conflict: string
  readonly action: InboxStep | CloseStep
}

/** Enters a step into the journal, and what follows from it into the draft. */
export function enterStep(draft: RecordDraft, step: InboxEntry, origin: Origin): Conflict {
  const bytes = new TextEncoder().encode(JSON.stringify(step))
  return admitStep(draft, { kind: 'inbox', bytes, hash: null, origin })
}

/** @throws RangeError for bytes that are no step in the life of a conflict of this record. */
export function admitStep(draft: RecordDraft, entry: JournalEntry): Conflict {
  const { conflict: id, action } = readStep(entry.bytes)
  const found = [...draft.conflicts].find(([, conflict]) => conflict.id === id)
  if (found === undefined) throw new RangeError(`a journal entry names the unknown conflict ${id}`)
  const [key, conflict] = found
  draft.append(entry)
  const by = { author: entry.origin.subject, at: entry.origin.receivedAt }
  const next =
    action.type === 'close'
      ? resolveConflict(conflict, { ...closing(action), ...by })
      : takeStep(conflict, action, by)
  if (isDeadLetter(next)) draft.setDeadLetter(next)
  else draft.moveConflict(key, next)
  if (action.type === 'propose') logProposal(draft, next, entry.origin)
  return next
}

const closing = ({
  value,
  seen,
  note,
  dismisses,
  changeHash,
}: CloseStep): Omit<Resolution, 'author' | 'at'> => ({
  choose: null,
  value,
  seen,
  note,
  dismisses,
  changeHash,
  approvals: [],
})

/** Whoever follows the record learns what is about to come into force. */
function logProposal(draft: RecordDraft, { id, fields, proposal }: Conflict, origin: Origin): void {
  if (proposal === null) return
  for (const field of fields) {
    const unit = draft.unitOf(field)
    const newValue = fieldValueIn(unit, proposal.value, field)
    const line: FieldChange = {
      field,
      operation: newValue === null ? 'delete' : 'set',
      oldValue: unit.isKnown ? fieldValueIn(unit, valueInForce(draft, unit), field) : null,
      newValue,
      outcome: 'pending',
      reason: 'awaits the approval of another person',
      code: null,
      conflictId: id,
      changeHash: '',
      origin,
    }
    draft.lines.push(line)
  }
}

function readStep(bytes: Uint8Array): InboxEntry {
  const step: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (isStep(step)) return step
  throw new RangeError('a journal entry is no step in the life of a conflict')
}

const isStep = (value: unknown): value is InboxEntry => {
  if (typeof value !== 'object' || value === null || !('conflict' in value) || !('action' in value))
    return false
  return typeof value.conflict === 'string' && isJsonObject(value.action)
}
