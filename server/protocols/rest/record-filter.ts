/** Reads the query of a record list as a filter, each value by its field's kind. Pure. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { isFilterable } from '../../../shared/query/check-query.ts'
import { normalizeDate, valueProblem } from '../../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { RecordFilter } from '../../storage/storage.ts'

type Where = RecordFilter['where']

/**
 * @param query field → what it must equal; the empty string stands for no value.
 * @throws SluiceError `bad_request` naming a parameter that is no field to filter by, or whose value cannot
 * be one of the field's.
 */
export function readFilter(collection: CollectionSpec, query: Readonly<Record<string, unknown>>): Where {
  return Object.fromEntries(
    Object.entries(query).map(([field, text]) => [field, operandOf(collection, field, text)]),
  )
}

function operandOf(collection: CollectionSpec, field: string, text: unknown): Where[string] {
  const spec = collection.fields.get(field)
  if (spec === undefined) throw refusal(field, `${collection.name} has no such field to filter by`)
  if (!isFilterable(spec)) throw refusal(field, `a ${spec.kind} cannot be filtered by`)
  if (typeof text !== 'string') throw refusal(field, 'takes one value')
  if (text === '') return null
  const operand = parse(spec, text)
  const problem = valueProblem(spec, operand)
  if (problem !== null) throw refusal(field, problem)
  return spec.kind === 'date' && typeof operand === 'string' ? normalizeDate(operand) : operand
}

/** @returns the text itself if it is no value of the kind; the check that follows says so. */
function parse(spec: FieldSpec, text: string): string | number | boolean {
  switch (spec.kind) {
    case 'number':
    case 'counter':
      return Number.isFinite(Number(text)) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    default:
      return text
  }
}

const refusal = (field: string, problem: string): SluiceError =>
  new SluiceError('bad_request', `${field}: ${problem}`, { member: field })
