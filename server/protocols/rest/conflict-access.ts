/** Finds a conflict, checks that whoever asks may work on it, and submits what he asks to its record. */
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../../shared/conflicts/dead-letter.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { ConflictView } from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { RecordCommand, RecordOutcome } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { conflictAnswer } from './conflict-answer.ts'
import type { RestParts } from './rest-context.ts'
import { Visibility } from './visibility.ts'

type Accepted = Extract<RecordOutcome, { ok: true }>

/** Who asks; his rights and his tenant are his token's. */
type Viewer = Pick<Actor, 'subject' | 'tenant' | 'roles' | 'device'>
type Parts = Pick<RestParts, 'rooms' | 'storage' | 'authorizer' | 'schema'>

export async function findConflict(viewer: Viewer, parts: Parts, id: string): Promise<StoredConflict> {
  const stored = await parts.storage.readConflict(viewer.tenant, id)
  const seen = stored === null ? null : await new Visibility(parts, viewer).seenConflict(stored)
  if (seen === null) throw new SluiceError('not_found', 'there is no such conflict')
  return seen
}

/** @throws SluiceError `not_found`, `forbidden`, or `unknown_field` if the schema no longer has the field. */
export async function conflictToWorkOn(viewer: Viewer, parts: Parts, id: string): Promise<StoredConflict> {
  const stored = await findConflict(viewer, parts, id)
  const { key } = stored
  const permission = await new Visibility(parts, viewer).mayResolve(stored)
  if (permission.ok) return stored
  const { code, field } = permission
  const message =
    code === 'forbidden'
      ? `${field}: you may not decide this conflict`
      : `${key.collection} has no field "${field}"`
  throw new SluiceError(code, message, { field })
}

/** What the conflict is after the command, and what became of the fields that it wrote. */
export interface Worked {
  readonly answer: ConflictView
  readonly outcome: Accepted
}

/** @throws SluiceError, with the conflict as it is now where that is what the caller has to look at. */
export async function work(
  viewer: Viewer,
  parts: Parts,
  { conflict, key }: StoredConflict,
  command: RecordCommand,
): Promise<Worked> {
  const { rooms } = parts
  const visibility = new Visibility(parts, viewer)
  // Whoever has come here may decide it.
  const tell = async (now: Conflict): Promise<ConflictView> =>
    conflictAnswer((await visibility.seenConflict({ conflict: now, key }))?.conflict ?? conflict, key, true)
  const room = isDeadLetter(conflict) ? rooms.deadLetters(key) : rooms.record(key)
  const outcome = await room.submit(command)
  if (!outcome.ok) throw await withConflict(outcome.error, conflict, tell)
  return { answer: await tell(outcome.conflict ?? conflict), outcome }
}

/** Tells the one who decides what the conflict is now, in the form in which he reads conflicts. */
async function withConflict(
  error: SluiceError,
  conflict: Conflict,
  tell: (now: Conflict) => Promise<ConflictView>,
): Promise<SluiceError> {
  if (error.code === 'not_found') {
    const details = { conflict: await tell(conflict) }
    // A record knows its open dead letters, and only the latest conflict of each field.
    return isDeadLetter(conflict)
      ? new SluiceError('not_open', 'the dead letter is closed', details)
      : new SluiceError('stale_resolution', 'the field has had another conflict since', details)
  }
  const { conflict: now, ...details } = error.details
  return isConflict(now)
    ? new SluiceError(error.code, error.message, { ...details, conflict: await tell(now) })
    : error
}

const isConflict = (value: unknown): value is Conflict =>
  typeof value === 'object' && value !== null && 'incumbent' in value
