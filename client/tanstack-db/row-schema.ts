/** What a row of a TanStack DB collection may hold, as a Standard Schema. */
import type { JsonObject } from '../../shared/json.ts'
import { isJsonObject, jsonEqual } from '../../shared/json.ts'
import { checkFieldOps, missingFields } from '../../shared/policies/check-field-ops.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import { isRecordId } from '../../shared/record/record-id.ts'
import type { Fields } from '../../shared/schema/collection.ts'
import type { InferFields } from '../../shared/schema/infer-record.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { blankRecord } from '../record/record-view.ts'
import type { NewFields } from '../typed/draft-types.ts'

/** A record's fields, and its id beside them. No field has that name. */
export type SluiceRow<F extends Fields> = InferFields<F> & { readonly id: string }

/** What a new row has to have; the rest takes its default. */
export type NewRow<F extends Fields> = NewFields<F> & { readonly id: string }

/** @see https://standardschema.dev */
export interface RowSchema<F extends Fields> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'sluice'
    readonly validate: (row: unknown) => RowResult<F>
    readonly types?: { readonly input: SluiceRow<F>; readonly output: SluiceRow<F> }
  }
}

type RowResult<F extends Fields> =
  | { readonly value: SluiceRow<F>; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

export const rowSchema = <F extends Fields>(collection: CollectionSpec): RowSchema<F> => ({
  '~standard': {
    version: 1,
    vendor: 'sluice',
    validate: (row) => {
      const problem = problemOf(collection, row)
      if (problem !== null || !isJsonObject(row))
        return { issues: [{ message: problem ?? 'a row is an object' }] }
      // It is what the schema says: that was checked above.
      return { value: row as SluiceRow<F> }
    },
  },
})

function problemOf(collection: CollectionSpec, row: unknown): string | null {
  if (!isJsonObject(row)) return 'a row is an object'
  if (typeof row.id !== 'string' || !isRecordId(row.id)) return `"${row.id}" is no record id`
  const ops = setOps(row)
  // A field without a value stands as null in a row; so does one that was never written.
  const written = ops.filter(({ field, value }) => value !== null || !collection.fields.has(field))
  const problem = checkFieldOps(collection, written)
  if (problem !== null) return problem.message
  const [missing] = missingFields(collection, written)
  return missing === undefined ? null : `${missing} is required`
}

/** With the defaults of what it lacks. */
export const newRow = <F extends Fields>(collection: CollectionSpec, values: NewRow<F>): SluiceRow<F> =>
  // Defaults and values are those of the schema.
  ({ ...blankRecord(collection), ...values }) as SluiceRow<F>

/** Writes what a new row holds, but for what a record that nobody has written holds, too. */
export function insertOps(collection: CollectionSpec, row: JsonObject): readonly FieldOp[] {
  const blank = blankRecord(collection)
  return setOps(row).filter(({ field, value }) => !jsonEqual(value, blank[field] ?? null))
}

const setOps = (row: JsonObject): readonly Extract<FieldOp, { type: 'set' }>[] =>
  Object.entries(row)
    .filter(([field, value]) => field !== 'id' && value !== undefined)
    .map(([field, value]) => ({ type: 'set', field, value }))
