/** What a list of records may be asked for, by the schema. Pure: the client says it at the line that asks, the server refuses it. */
import { SluiceError } from '../errors/error-table.ts'
import { normalizeDate, valueProblem } from '../schema/check-value.ts'
import type { FieldSpec } from '../schema/field-spec.ts'
import type { CollectionSpec } from '../schema/schema.ts'
import type { Query, QueryOperand } from '../sync/messages.ts'

/** A field with one scalar value, so that records can be found and ordered by it. */
export const isFilterable = ({ kind }: Pick<FieldSpec, 'kind'>): boolean =>
  kind !== 'json' && kind !== 'set' && kind !== 'list' && kind !== 'map' && kind !== 'text'

/**
 * @returns `where` in the form in which values are stored.
 * @throws SluiceError `bad_request` that names the field at fault.
 */
export function checkedWhere(
  collection: CollectionSpec,
  { where, orderBy }: Pick<Query, 'where' | 'orderBy'>,
): Query['where'] {
  if (orderBy !== null) filterable(collection, orderBy.field)
  return Object.fromEntries(
    Object.entries(where).map(([field, operand]) => {
      const spec = filterable(collection, field)
      return [field, operandOf(spec, field, operand)]
    }),
  )
}

function filterable(collection: CollectionSpec, field: string): FieldSpec {
  const spec = collection.fields.get(field)
  if (spec !== undefined && isFilterable(spec)) return spec
  const message = `${field}: ${collection.name} has no such field to filter or sort by`
  throw new SluiceError('bad_request', message, { field })
}

function operandOf(spec: FieldSpec, field: string, operand: QueryOperand): QueryOperand {
  const problem = operand === null ? null : valueProblem(spec, operand)
  if (problem !== null) throw new SluiceError('bad_request', `${field}: ${problem}`, { field })
  return spec.kind === 'date' && typeof operand === 'string' ? normalizeDate(operand) : operand
}
