/**
 * Business rules: functions of the user's that say whether a change may be. They run once, when a change comes
 * in, and what they said is journaled, so a replay never runs them. They must be synchronous and look at nothing
 * but what they are given.
 */
import type { Json, JsonObject } from '../json.ts'
import type { DoorName } from '../record/origin.ts'

/** What a rule is told of the change that it judges. */
export interface ChangeInfo {
  readonly subject: string
  /** Authenticated roles, not claimed ones. */
  readonly roles: readonly string[]
  readonly device: string | null
  readonly door: DoorName
  readonly metadata: JsonObject
  /** When the author says the edit was made, ISO 8601; null when he does not say. */
  readonly claimedAt: string | null
  readonly receivedAt: string
  readonly intent: 'create' | 'update' | 'delete'
  /** Names of the fields that it writes. */
  readonly fields: readonly string[]
}

export interface FieldContext<Value = Json> {
  readonly change: ChangeInfo
  /** The field's value in force; null when there is none. */
  readonly before: Value | null
  readonly after: Value | null
  /** The whole record as it would be. */
  readonly record: JsonObject
}

export type FieldGuard<Value = Json> = (context: FieldContext<Value>) => boolean

/** True if the value may stand; otherwise false, or what is wrong, as the end of a sentence after its name. */
export type FieldCheck<Value = Json> = (value: Value, context: FieldContext<Value>) => boolean | string

export interface RecordContext<Fields = JsonObject> {
  readonly change: ChangeInfo
  /** The record in force; null when it does not exist. */
  readonly before: Fields | null
}

/** True, or why, as a sentence, if the record, as it is, does not take this change. */
export type RecordLock<Fields = JsonObject> = (
  record: Fields,
  context: { readonly change: ChangeInfo },
) => boolean | string

/** True if the record may stand; otherwise false, or what is wrong, as a sentence. */
export type RecordCheck<Fields = JsonObject> = (
  record: Fields,
  context: RecordContext<Fields>,
) => boolean | string
