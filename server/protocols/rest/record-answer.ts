/** What the REST door answers about a record. */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { JsonObject } from '../../../shared/json.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import { automergeUrl } from '../../../shared/record/record-key.ts'
import { DELETED_KEY, isReservedKey } from '../../../shared/record/reserved-keys.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { FieldResult } from '../../plan/record-command.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { Sight } from './visibility.ts'

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
  /** Which rule a rejected write breaks. */
  readonly code?: ErrorCode
}

/** A version names what the answer shows: the fields as committed, the text as far as it is projected (S2). */
export const versionOf = ({ heads, projectedTextVersion }: StoredRecord): string =>
  encodeVersion({ heads, textVersion: projectedTextVersion })

/** @param sees the fields that its reader may see; the others are left out. */
export function recordAnswer(stored: StoredRecord, { texts }: CollectionSpec, sees: Sight): RecordAnswer {
  const { key, documentId, fields, disputed, createdAt, updatedAt } = stored
  return {
    collection: key.collection,
    id: key.id,
    version: versionOf(stored),
    automergeUrl: automergeUrl(documentId),
    fields: seen(fields, sees),
    text: Object.fromEntries(texts.filter(sees).map((name) => [name, stored.texts[name]?.plain ?? ''])),
    disputed: seen(disputed, sees),
    createdAt,
    updatedAt,
  }
}

export const seen = <Value>(
  fields: Readonly<Record<string, Value>>,
  sees: Sight,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => sees(field)))

/** What became of each field that a write names, and of a delete that does not stand. */
export function outcomesAnswer(
  results: Readonly<Record<string, FieldResult>>,
): Readonly<Record<string, OutcomeAnswer>> {
  return Object.fromEntries(
    Object.entries(results)
      .filter(([field, result]) => (field === DELETED_KEY ? !hasStood(result) : !isReservedKey(field)))
      .map(([field, { outcome, reason, conflictId, code }]) => [
        field,
        {
          outcome,
          ...(reason === null ? {} : { reason }),
          ...(conflictId === null ? {} : { conflictId }),
          ...(code === undefined ? {} : { code }),
        },
      ]),
  )
}

/** Whether what was written is in force; a delete of what is gone has written nothing. */
export const hasStood = (result: FieldResult | undefined): boolean =>
  result === undefined || result.outcome === 'applied' || result.outcome === 'merged'

/** @throws SluiceError `erased` */
export function refuseErased({ erased }: Pick<StoredRecord, 'erased'>): void {
  if (erased) throw new SluiceError('erased', 'the record has been erased')
}
