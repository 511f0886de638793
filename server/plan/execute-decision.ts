/** Carries out a person's decision on a conflict (C5), alone or with others (C7), and the taking back of one (C6). */
import type { Conflict, Decision, Side } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import { CONFLICT_EVENTS_MAX, supportersOf } from '../../shared/conflicts/inbox-transitions.ts'
import type { SluiceError } from '../../shared/errors/error-table.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import type { ResolutionMessage, UndoMessage } from '../../shared/record/change-message.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { replaceField } from './apply-field-op.ts'
import { accepted, markOf, refused } from './command-outcome.ts'
import type { DisputedUnit } from './decide.ts'
import { chosenValue, findConflict } from './decide.ts'
import { decisionProblem } from './decision-problem.ts'
import { authored } from './execute-write.ts'
import { enterStep } from './inbox-entry.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { Target } from './record-document.ts'
import type { RecordDraft } from './record-draft.ts'

type Of<T extends RecordCommand['type']> = Extract<RecordCommand, { type: T }>

/** Proposals that nobody approves must not make a conflict grow for ever either. */
const PROPOSAL_EVENTS_MAX = 2 * CONFLICT_EVENTS_MAX

export function executeResolve(draft: RecordDraft, command: Of<'resolve'>): RecordOutcome {
  const disputed = findConflict(draft, command.conflictId)
  if (disputed === undefined) return refused('not_found', 'there is no such conflict')
  const { conflict, unit } = disputed
  if (!isOpen(conflict)) return refused('stale_resolution', 'the conflict is resolved already', { conflict })
  const unseen = standingSides(conflict).filter(({ id }) => !command.seen.includes(id))
  if (unseen.length > 0)
    return refused('stale_resolution', `sides not seen: ${unseen.map(({ id }) => id).join(', ')}`, {
      conflict,
    })
  const decision = decisionOf(disputed, command)
  if (decision === null) return refused('bad_request', 'choose: is no standing side of the conflict')
  const problem = decision.dismisses ? null : decisionProblem(draft, unit, decision.value)
  if (problem !== null) return refused('invalid_value', problem.reason, { field: problem.field })

  const mark = markOf(draft)
  if (personsFor(draft, unit) > 1) {
    if (conflict.events.length >= PROPOSAL_EVENTS_MAX)
      return refused('conflict_full', 'the conflict has had too many proposals')
    const { author, ...proposed } = decision
    enterStep(draft, { conflict: conflict.id, action: { type: 'propose', ...proposed } }, command.origin)
  } else carryOut(draft, disputed, decision, null, command.origin)
  return { ...accepted(draft, mark), conflict: conflictNow(draft, conflict.id) }
}

export function executeApprove(draft: RecordDraft, command: Of<'approve'>): RecordOutcome {
  const disputed = findConflict(draft, command.conflictId)
  if (disputed === undefined) return refused('not_found', 'there is no such conflict')
  const { conflict, unit } = disputed
  const { proposal } = conflict
  if (proposal === null) return refused('no_proposal', 'no decision waits for approval', { conflict })
  if (proposal.id !== command.proposal)
    return refused('stale_resolution', 'another decision has been proposed since', { conflict })
  const supporters = supportersOf(proposal)
  const { subject } = command.origin
  if (supporters.includes(subject))
    return refused('same_approver', `${subject} has agreed to this decision already`)

  const mark = markOf(draft)
  if (supporters.length + 1 < personsFor(draft, unit))
    enterStep(draft, { conflict: conflict.id, action: { type: 'approve' } }, command.origin)
  else {
    const problem = proposal.dismisses ? null : decisionProblem(draft, unit, proposal.value)
    if (problem !== null) return refused('invalid_value', problem.reason, { field: problem.field })
    carryOut(draft, disputed, proposal, proposal.id, command.origin)
  }
  return { ...accepted(draft, mark), conflict: conflictNow(draft, conflict.id) }
}

/** Takes one person, whatever the decision took: it brings back what was in force while all could see the dispute. */
export function executeUndo(draft: RecordDraft, command: Of<'undo'>): RecordOutcome {
  const disputed = findConflict(draft, command.conflictId)
  if (disputed === undefined) return refused('not_found', 'there is no such conflict')
  const { conflict, unit } = disputed
  if (conflict.resolution === null)
    return refused('not_resolved', 'the conflict has no resolution', { conflict })
  const full = fullProblem(conflict)
  if (full !== null) return full
  const mark = markOf(draft)
  const message: UndoMessage = { sluice: 'undo', conflict: conflict.id }
  // The change must write something to exist; what the field ought to show is for the settling change to say.
  write(draft, { kind: 'undo', unit, value: conflict.inForce, message }, command.origin)
  return { ...accepted(draft, mark), conflict: conflictNow(draft, conflict.id) }
}

/** @returns the refusal of a step that would make the conflict grow without bound; null if it may be taken. */
export const fullProblem = ({
  events,
}: Conflict): { readonly ok: false; readonly error: SluiceError } | null => {
  if (events.length < CONFLICT_EVENTS_MAX) return null
  const outcome = refused('conflict_full', `the conflict has had ${CONFLICT_EVENTS_MAX} events`)
  return outcome.ok ? null : outcome
}

/** How many persons a decision takes: as many as the strictest of its fields asks for, linked still or not. */
const personsFor = (draft: RecordDraft, { fields, spec }: Unit): number =>
  Math.max(
    spec.critical?.approvals ?? 1,
    ...fields.map((field) => draft.specOf(field)?.critical?.approvals ?? 1),
  )

/** @returns null for a side that does not stand. */
function decisionOf(
  { conflict, unit }: DisputedUnit,
  { decision, seen, note, origin }: Of<'resolve'>,
): Decision | null {
  // What is kept of it is bounded by the sides that there are.
  const sides = [conflict.incumbent, ...conflict.alongside, ...conflict.challengers].map(({ id }) => id)
  const told = { seen: sides.filter((id) => seen.includes(id)), note, author: origin.subject }
  if ('value' in decision) return { ...told, choose: null, value: decision.value, dismisses: false }
  if ('dismiss' in decision) {
    const value = unit.deletes === null ? conflict.inForce : conflict.inForce === true
    return { ...told, choose: sideInForce(conflict, unit, value)?.id ?? null, value, dismisses: true }
  }
  const side = standingSides(conflict).find(({ id }) => id === decision.choose)
  if (side === undefined) return null
  return { ...told, choose: side.id, value: chosenValue(conflict, unit, side), dismisses: false }
}

/** The incumbent, unless the field is held at what was there before it. */
const sideInForce = (conflict: Conflict, unit: Unit, value: Json): Side | null =>
  jsonEqual(chosenValue(conflict, unit, conflict.incumbent), value) ? conflict.incumbent : null

function carryOut(
  draft: RecordDraft,
  { conflict, unit }: DisputedUnit,
  { choose, value, seen, note, dismisses }: Decision,
  proposal: string | null,
  origin: Origin,
): void {
  const message: ResolutionMessage = {
    sluice: 'resolution',
    conflict: conflict.id,
    choose,
    seen,
    note,
    ...(dismisses ? { dismisses } : {}),
    ...(proposal === null ? {} : { proposal }),
  }
  write(draft, { kind: 'resolution', unit, value, message }, origin)
}

interface DecidingWrite {
  readonly kind: 'resolution' | 'undo'
  readonly unit: Unit
  readonly value: Json
  readonly message: ResolutionMessage | UndoMessage
}

function write(draft: RecordDraft, { kind, unit, value, message }: DecidingWrite, origin: Origin): void {
  const { fields } = unit
  authored(draft, { kind, origin, saw: null, message: JSON.stringify(message), fields }, (root: Target) => {
    for (const field of fields) {
      const spec = draft.specOf(field)
      if (spec !== undefined) replaceField(root, field, spec, fieldValueIn(unit, value, field))
    }
  })
}

/** Also where the schema no longer has what was decided: then the record cannot find it any more. */
const conflictNow = (draft: RecordDraft, id: string): Conflict | null =>
  draft.changedConflicts.get(id) ?? null
