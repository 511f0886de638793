/** Carries out what a person does to a conflict (C5–C7, C9), by the same rules as REST. */
import { isDeadLetter } from '../../../shared/conflicts/dead-letter.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { ActionResult, ConflictAction } from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { RecordCommand } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { conflictToWorkOn, work } from '../rest/conflict-access.ts'
import { decisionCommand } from '../rest/decision-command.ts'
import type { RestParts } from '../rest/rest-context.ts'
import { fieldAnswers, refusalOf } from './apply-change.ts'

type Parts = Pick<RestParts, 'rooms' | 'storage' | 'authorizer' | 'schema'>

interface Acting {
  readonly actor: Actor
  readonly origin: Origin
}

/** Whatever goes wrong is a result: an action is not sent again, since others may have acted meanwhile (K9). */
export async function actOnConflict(
  parts: Parts,
  { actor, origin }: Acting,
  conflictId: string,
  action: ConflictAction,
): Promise<ActionResult> {
  try {
    const stored = await conflictToWorkOn(actor, parts, conflictId)
    const command = commandFor(parts, stored, action, origin)
    const { answer, outcome } = await work(actor, parts, stored, command)
    const fields = command.type === 'correct' ? fieldAnswers(outcome.fields) : null
    return { status: 'done', conflict: answer, fields }
  } catch (error) {
    if (error instanceof SluiceError) return { status: 'refused', ...refusalOf(error) }
    throw error
  }
}

function commandFor(
  parts: Parts,
  stored: StoredConflict,
  action: ConflictAction,
  origin: Origin,
): RecordCommand {
  const conflictId = stored.conflict.id
  switch (action.type) {
    case 'choose': {
      const { side: choose, seen, note } = action
      return decisionCommand(parts, stored, { choose, seen, note }, origin)
    }
    case 'value': {
      const { value, seen, note } = action
      const given = isDeadLetter(stored.conflict) ? { values: value } : { value }
      return decisionCommand(parts, stored, { ...given, seen, note }, origin)
    }
    case 'dismiss': {
      const { seen, note } = action
      return { type: 'resolve', conflictId, decision: { dismiss: true }, seen, note, origin }
    }
    case 'approve':
      return { type: 'approve', conflictId, proposal: action.proposal, origin }
    case 'undo':
      return { type: 'undo', conflictId, origin }
    case 'withdraw':
    case 'assign':
    case 'comment':
      return { type: 'step', conflictId, step: action, origin }
  }
}
