/** What the REST door answers about a record. */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { JsonObject } from '../../../shared/json.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import { automergeUrl } from '../../../shared/record/record-key.ts'
import { DELETED_KEY, isReservedKey } from '../../../shared/record/reserved-keys.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import { fieldsPlacedIn } from '../../../shared/schema/compartments.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { FieldResult } from '../../plan/record-command.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { Sight } from './visibility.ts'
import { seesAll } from './visibility.ts'

export interface RecordAnswer {
  readonly collection: string
  readonly id: string
  readonly version: string
  /** Of the main document. */
  readonly automergeUrl: string
  /** Of the documents beside it that the reader may open, by compartment; left out if there are none. */
  readonly automergeUrls?: Readonly<Record<string, string>>
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

/**
 * A version names what the answer shows: the fields as committed, of each document that its reader may open, and the
 * text as far as it is projected (S2).
 */
export const versionOf = (stored: StoredRecord, collection: CollectionSpec, sees: Sight): string =>
  encodeVersion({
    heads: headsSeen(stored, collection, sees),
    textVersion: stored.projectedTextVersion,
  })

/** What a reader knows of when he is shown the record's fields as they are. */
export const headsSeen = (
  record: Pick<StoredRecord, 'heads' | 'compartments'>,
  collection: CollectionSpec,
  sees: Sight,
): readonly string[] => [
  ...record.heads,
  ...openCompartments(record, collection, sees).flatMap(({ heads }) => heads),
]

/** @returns an object with the member `automergeUrls`, or without. */
export function compartmentUrls(
  stored: StoredRecord,
  collection: CollectionSpec,
  sees: Sight,
): Pick<RecordAnswer, 'automergeUrls'> {
  const open = openCompartments(stored, collection, sees)
  if (open.length === 0) return {}
  return {
    automergeUrls: Object.fromEntries(
      open.map(({ compartment, documentId }) => [compartment, automergeUrl(documentId)]),
    ),
  }
}

/** Those of which he sees every field that they tell of, or would by the schema as it is now. */
const openCompartments = (
  { compartments }: Pick<StoredRecord, 'compartments'>,
  collection: CollectionSpec,
  sees: Sight,
): StoredRecord['compartments'] =>
  compartments.filter(
    ({ compartment, fields }) => fields.every(sees) && fieldsPlacedIn(collection, compartment).every(sees),
  )

/** An answer as it is sent, with the version that it shows. */
export interface ToldRecord {
  readonly version: string
  readonly json: string
}

/** What those are told from whom nothing is kept: made once for each revision of a record that the store keeps read. */
const toldOfAll = new WeakMap<StoredRecord, ToldRecord>()

/** @param sees the fields that its reader may see; the others are left out. */
export function toldRecord(stored: StoredRecord, collection: CollectionSpec, sees: Sight): ToldRecord {
  const known = sees === seesAll ? toldOfAll.get(stored) : undefined
  if (known !== undefined) return known
  const version = versionOf(stored, collection, sees)
  const told = { version, json: answerOf(stored, collection, sees, version) }
  if (sees === seesAll) toldOfAll.set(stored, told)
  return told
}

/** A `RecordAnswer` as JSON; its fields are passed on as they are stored, if all of them may be seen. */
function answerOf(stored: StoredRecord, collection: CollectionSpec, sees: Sight, version: string): string {
  const { key, documentId, disputed, createdAt, updatedAt } = stored
  const texts = collection.texts.filter(sees).map((name) => [name, stored.texts[name]?.plain ?? ''])
  const fields = sees === seesAll ? stored.fieldsJson : JSON.stringify(seen(stored.fields, sees))
  const head = {
    collection: key.collection,
    id: key.id,
    version,
    automergeUrl: automergeUrl(documentId),
    ...compartmentUrls(stored, collection, sees),
  } satisfies Partial<RecordAnswer>
  const text: RecordAnswer['text'] = Object.fromEntries(texts)
  const rest = { text, disputed: seen(disputed, sees), createdAt, updatedAt } satisfies Partial<RecordAnswer>
  return `${JSON.stringify(head).slice(0, -1)},"fields":${fields},${JSON.stringify(rest).slice(1)}`
}

export const seen = <Value>(
  fields: Readonly<Record<string, Value>>,
  sees: Sight,
): Readonly<Record<string, Value>> =>
  sees === seesAll ? fields : Object.fromEntries(Object.entries(fields).filter(([field]) => sees(field)))

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
