/** What a decision asks of the conflict's record, whichever door it comes through (C5, C9). */
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../../shared/conflicts/dead-letter.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import { unitOf } from '../../../shared/schema/unit.ts'
import type { RecordCommand } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { patchToOps } from './patch-to-ops.ts'
import type { RestParts } from './rest-context.ts'

/** Exactly one of `choose`, `value` and `values` is given. */
export interface GivenDecision {
  readonly choose?: string | undefined
  readonly value?: Json | undefined
  readonly values?: Json | undefined
  readonly seen: readonly string[]
  readonly note: string | null
}

type Parts = Pick<RestParts, 'rooms'>

/** @throws SluiceError `bad_request`, or `not_correctable` for a dead letter whose values no record can take. */
export function decisionCommand(
  parts: Parts,
  stored: StoredConflict,
  given: GivenDecision,
  origin: Origin,
): Extract<RecordCommand, { type: 'resolve' | 'correct' }> {
  const { choose, seen, note } = given
  const conflictId = stored.conflict.id
  if (isDeadLetter(stored.conflict)) {
    const { ops, values } = correction(parts, stored, given)
    return { type: 'correct', conflictId, ops, values, note, origin }
  }
  const decision = choose === undefined ? { value: givenValue(parts, stored, given) } : { choose }
  return { type: 'resolve', conflictId, decision, seen, note, origin }
}

/** Linked fields are decided as one: each has to be given. */
function givenValue(
  { rooms }: Parts,
  { conflict, key }: StoredConflict,
  { value, values }: GivenDecision,
): Json {
  if (values !== undefined && !isLinked(rooms.collectionOf(key), conflict))
    throw new SluiceError('bad_request', 'values: this conflict is about one field, so give its value', {
      member: 'values',
    })
  return values ?? value ?? null
}

/** What a dead letter ought to have said, as a change by whoever decides. */
function correction(
  parts: Parts,
  stored: StoredConflict,
  { values }: GivenDecision,
): Pick<Extract<RecordCommand, { type: 'correct' }>, 'ops' | 'values'> {
  if (!isJsonObject(values))
    throw new SluiceError('bad_request', 'values: a dead letter takes the values that are to be written', {
      member: 'values',
    })
  const result = patchToOps(collectionFor(parts, stored), values)
  if (!result.ok) throw result.error
  return { ops: result.ops, values }
}

const isLinked = (
  collection: ReturnType<Parts['rooms']['collectionOf']>,
  { fields }: Pick<Conflict, 'fields'>,
): boolean => unitOf(collection, fields[0] ?? '').isGroup

/** A collection that the schema does not have, or an id that is none, takes no values. */
function collectionFor({ rooms }: Parts, { key }: StoredConflict): ReturnType<typeof rooms.collectionOf> {
  try {
    return rooms.collectionOf(key)
  } catch (error) {
    if (error instanceof SluiceError) throw new SluiceError('not_correctable', error.message)
    throw error
  }
}
