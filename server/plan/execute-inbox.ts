/** Carries out the work on a conflict around its decision (C7): assign, comment, withdraw, and the end of a dead letter. */
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { DEAD_LETTER, deadLetterKey } from '../../shared/conflicts/dead-letter.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import { accepted, markOf, refused } from './command-outcome.ts'
import { fullProblem } from './execute-decision.ts'
import { executeWrite } from './execute-write.ts'
import { enterStep } from './inbox-entry.ts'
import { atOnce } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

type Of<T extends RecordCommand['type']> = Extract<RecordCommand, { type: T }>

export function executeStep(draft: RecordDraft, { conflictId, step, origin }: Of<'step'>): RecordOutcome {
  const conflict = [...draft.conflicts.values()].find(({ id }) => id === conflictId)
  if (conflict === undefined) return refused('not_found', 'there is no such conflict')
  const mark = markOf(draft)
  if (step.type === 'assign') {
    if (!isOpen(conflict)) return refused('not_open', 'the conflict is decided', { conflict })
    if (conflict.assignee === step.assignee) return { ...accepted(draft, mark), conflict }
  }
  if (step.type === 'withdraw' && conflict.proposal === null)
    return refused('no_proposal', 'no decision waits for approval', { conflict })
  const full = step.type === 'withdraw' ? null : fullProblem(conflict)
  if (full !== null) return full
  return {
    ...accepted(draft, mark),
    conflict: enterStep(draft, { conflict: conflict.id, action: step }, origin),
  }
}

/** The letter of this id, if it is still open. */
export const findDeadLetter = (draft: RecordDraft, id: string): Conflict | undefined =>
  draft.conflicts.get(deadLetterKey({ id }))

export function dismissDeadLetter(
  draft: RecordDraft,
  letter: Conflict,
  { decision, note, origin }: Of<'resolve'>,
): RecordOutcome {
  if (!('dismiss' in decision))
    return refused('bad_request', `a ${DEAD_LETTER} has no sides: give the values that are to be written`)
  const mark = markOf(draft)
  const seen = letter.challengers.map(({ id }) => id)
  const closing = { type: 'close', value: null, seen, note, dismisses: true, changeHash: '' } as const
  return {
    ...accepted(draft, mark),
    conflict: enterStep(draft, { conflict: letter.id, action: closing }, origin),
  }
}

/**
 * The corrected values are a write like any other, by who corrects them and on the record as it is now: it may be
 * merged, held or refused. Only a write that was let in closes the letter.
 */
export function correctDeadLetter(
  draft: RecordDraft,
  command: Of<'correct'>,
  authorizer: Authorizer,
): RecordOutcome {
  const letter = findDeadLetter(draft, command.conflictId)
  if (letter === undefined) return refused('not_found', 'there is no such dead letter')
  const { ops, values, note, origin } = command
  const seen = letter.challengers.map(({ id }) => id)
  const firstEntry = draft.entries.length
  const write = {
    type: 'write',
    intent: draft.exists ? 'update' : 'create',
    ops,
    saw: draft.exists ? draft.documents.flatMap(({ heads }) => heads) : null,
    strict: false,
    // Where a write has to say when it was made, a correction is made now.
    origin: { ...origin, claimedAt: origin.claimedAt ?? origin.receivedAt },
    keep: null,
  } as const
  const outcome = atOnce(executeWrite(draft, write, authorizer))
  if (!outcome.ok) return outcome
  const written = draft.entries.slice(firstEntry).find(({ kind }) => kind === 'change')
  const changeHash = written?.hash ?? ''
  const closing = { type: 'close', value: values, seen, note, dismisses: false, changeHash } as const
  return { ...outcome, conflict: enterStep(draft, { conflict: letter.id, action: closing }, origin) }
}
