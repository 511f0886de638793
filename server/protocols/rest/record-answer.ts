/** What the REST door answers about a record. */
import type { JsonObject } from '../../../shared/json.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import { automergeUrlOf } from '../../../shared/record/record-key.ts'
import { isReservedKey } from '../../../shared/record/reserved-keys.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { FieldResult } from '../../plan/record-command.ts'
import type { StoredRecord } from '../../storage/storage.ts'

export interface RecordAnswer {
  readonly collection: string
  readonly id: string
  readonly version: string
  readonly automergeUrl: string
  readonly fields: JsonObject
  /** Each rich-text field as plain text. */
  readonly text: Readonly<Record<string, string>>
  readonly disputed: StoredRecord['disputed']
  readonly createdAt: string
  readonly updatedAt: string
}

export interface OutcomeAnswer {
  readonly outcome: FieldOutcome
  readonly reason?: string
  readonly conflictId?: string
}

/** A version names what the answer shows: the fields as committed, the text as far as it is projected (S2). */
export const versionOf = ({ heads, projectedTextVersion }: StoredRecord): string =>
  encodeVersion({ heads, textVersion: projectedTextVersion })

export function recordAnswer(stored: StoredRecord, { texts }: CollectionSpec): RecordAnswer {
  const { key, fields, disputed, createdAt, updatedAt } = stored
  return {
    collection: key.collection,
    id: key.id,
    version: versionOf(stored),
    automergeUrl: automergeUrlOf(key),
    fields,
    text: Object.fromEntries(texts.map((name) => [name, stored.texts[name]?.plain ?? ''])),
    disputed,
    createdAt,
    updatedAt,
  }
}

/** What became of each field that a write names; the server's own keys are its own business. */
export function outcomesAnswer(
  results: Readonly<Record<string, FieldResult>>,
): Readonly<Record<string, OutcomeAnswer>> {
  return Object.fromEntries(
    Object.entries(results)
      .filter(([field]) => !isReservedKey(field))
      .map(([field, { outcome, reason, conflictId }]) => [
        field,
        { outcome, ...(reason === null ? {} : { reason }), ...(conflictId === null ? {} : { conflictId }) },
      ]),
  )
}
