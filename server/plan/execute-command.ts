/** Carries out one command on a draft. A command that is refused leaves the record as it was. */
import { creationProblem } from './check-permission.ts'
import { accepted, markOf, refused } from './command-outcome.ts'
import { ensureGenesis } from './ensure-genesis.ts'
import { executeChanges } from './execute-changes.ts'
import { executeApprove, executeResolve, executeUndo } from './execute-decision.ts'
import { correctDeadLetter, dismissDeadLetter, executeStep, findDeadLetter } from './execute-inbox.ts'
import { bury, executeUpload } from './execute-upload.ts'
import { executeWrite } from './execute-write.ts'
import type { PlanContext } from './plan-record.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'
import { isErased } from './record-state.ts'

export function* executeCommand(
  draft: RecordDraft,
  command: RecordCommand,
  context: PlanContext,
): PlanSteps<RecordOutcome> {
  const { authorizer } = context
  if (isErased(draft.origin) && draft.journal.length === 0 && !mayBeginAnew(draft, command)) {
    // Who might not write it is not told what became of it (A3).
    const error = creationProblem(draft, authorizer, command.origin)
    return error === null ? refused('erased', 'the record has been erased') : { ok: false, error }
  }
  switch (command.type) {
    case 'ensure': {
      const isNew = draft.origin.version === 0 && draft.journal.length === 0
      const error = isNew ? creationProblem(draft, authorizer, command.origin) : null
      if (error !== null) return { ok: false, error }
      ensureGenesis(draft, command.origin)
      return accepted(draft, markOf(draft))
    }
    case 'write':
      return yield* executeWrite(draft, command, authorizer)
    case 'upload':
      return executeUpload(draft, command, authorizer)
    case 'bury':
      return bury(draft, command)
    case 'changes':
      return yield* executeChanges(draft, command, context)
    case 'resolve': {
      const letter = findDeadLetter(draft, command.conflictId)
      return letter === undefined
        ? executeResolve(documentOfConflict(draft, command), command)
        : dismissDeadLetter(draft, letter, command)
    }
    case 'undo':
      return executeUndo(documentOfConflict(draft, command), command)
    case 'approve':
      return executeApprove(documentOfConflict(draft, command), command)
    case 'step':
      return executeStep(documentOfConflict(draft, command), command)
    case 'correct':
      return correctDeadLetter(draft, command, authorizer)
  }
}

/** A conflict is worked on in the document that its fields live in. */
const documentOfConflict = (
  draft: RecordDraft,
  { conflictId }: { readonly conflictId: string },
): RecordDraft =>
  draft.documents.find(({ conflicts }) => [...conflicts.values()].some(({ id }) => id === conflictId)) ??
  draft

/**
 * An erased record begins anew by a REST write that gives all its fields, if who erased it has allowed that (E4). No
 * other door can: what comes through them may be what a client still has of the erased history.
 */
const mayBeginAnew = ({ origin: { erasure } }: RecordDraft, command: RecordCommand): boolean =>
  erasure?.allowNew === true &&
  command.type === 'write' &&
  command.origin.door === 'rest' &&
  (command.intent === 'create' || command.intent === 'replace')
