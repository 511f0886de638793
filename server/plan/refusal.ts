/**
 * What an author asked for and could not have, as an entry of the journal: so the change log can be replayed, and
 * an operation that can never be carried out waits in the inbox as a dead letter (P14).
 */
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import { deadLetterOf } from '../../shared/conflicts/dead-letter.ts'
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import type { Json } from '../../shared/json.ts'
import type { AskedWrite } from '../../shared/record/asked-write.ts'
import type { FieldChange, FieldOutcome } from '../../shared/record/field-change.ts'
import { opsOfEdit } from '../../shared/record/field-edit.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { valueInForce } from './in-force.ts'
import type { JournalEntry } from './plan.ts'
import { provenanceOf } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'

/** A field that was not written as its author asked, or that got a value for which he had not asked (E7). */
export interface RefusedWrite extends AskedWrite {
  readonly outcome: Extract<FieldOutcome, 'rejected' | 'applied'>
  readonly code: ErrorCode | null
  readonly reason: string
}

export interface Refusal {
  readonly writes: readonly RefusedWrite[]
  /** Nothing that its author does can make the operation succeed: a person has to look at it. */
  readonly isDeadLetter: boolean
}

/** Enters a refusal into the journal, and what follows from it into the draft. */
export function refuse(draft: RecordDraft, refusal: Refusal, origin: Origin): void {
  const bytes = new TextEncoder().encode(JSON.stringify(refusal))
  admitRefusal(draft, { kind: 'refusal', bytes, hash: null, origin })
}

/** @throws RangeError for bytes that are no refusal: the journal says that they are. */
export function admitRefusal(draft: RecordDraft, entry: JournalEntry): void {
  const refusal = readRefusal(entry.bytes)
  const position = draft.origin.version + draft.journal.length
  draft.append(entry)
  const conflict = refusal.isDeadLetter
    ? deadLetterOf(draft.origin.documentId, position, refusedSide(refusal, entry.origin))
    : null
  if (conflict !== null) draft.setDeadLetter(conflict)
  for (const write of refusal.writes) draft.lines.push(lineOf(draft, write, entry.origin, conflict))
}

function lineOf(
  draft: RecordDraft,
  { field, operation, value, removed, outcome, code, reason }: RefusedWrite,
  origin: Origin,
  conflict: Conflict | null,
): FieldChange {
  const home = draft.homeOf(field)
  const unit = home.unitOf(field)
  const inForce = unit.isKnown ? fieldValueIn(unit, valueInForce(home, unit), field) : null
  const oldValue = operation === 'edit' ? (removed ?? null) : inForce
  const conflictId = outcome === 'rejected' ? (conflict?.id ?? null) : null
  return {
    field,
    operation,
    oldValue,
    newValue: value,
    outcome,
    code,
    reason,
    conflictId,
    changeHash: '',
    origin,
  }
}

function refusedSide({ writes }: Refusal, origin: Origin): Omit<Side, 'id'> {
  const refused = writes.filter(({ outcome }) => outcome === 'rejected')
  return {
    operation: 'update',
    value: Object.fromEntries(refused.map((write) => [write.field, wantedOf(write)])),
    ...provenanceOf(origin),
    sawVersion: '',
    changeHash: '',
    supersededBy: null,
  }
}

/** What a person is shown that its author wanted: of an edit that was to take out and put nothing in, what was to go. */
const wantedOf = ({ field, operation, value, removed = null }: RefusedWrite): Json =>
  operation === 'edit' && opsOfEdit(field, { removed: null, added: value }).length === 0 ? removed : value

function readRefusal(bytes: Uint8Array): Refusal {
  const refusal: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (isRefusal(refusal)) return refusal
  throw new RangeError('a journal entry is no refusal')
}

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'writes' in value && Array.isArray(value.writes)
