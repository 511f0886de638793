/** How the records of a collection are listed, as it stands in the address: so that a view can be kept and passed on. Pure. */
import { isFilterable } from '../../../../shared/query/check-query.ts'
import { valueProblem } from '../../../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { recordAddress } from '../../session/record-address.ts'

export interface RecordsView {
  /** Null: by id. */
  readonly orderBy: { readonly field: string; readonly descending: boolean } | null
  /** A field and, as it was entered, the value that it has to have. Empty: none. */
  readonly filter: { readonly field: string; readonly text: string } | null
}

/** What the collection has no field for is left out. */
export function readView(collection: CollectionSpec, search: string): RecordsView {
  const params = new URLSearchParams(search)
  const sort = params.get('sort')
  const where = params.get('where')
  return {
    orderBy:
      sort === null || !isListable(collection, sort)
        ? null
        : { field: sort, descending: params.get('order') === 'desc' },
    filter:
      where === null || !isListable(collection, where)
        ? null
        : { field: where, text: params.get('is') ?? '' },
  }
}

export function viewAddress(collection: string, { orderBy, filter }: RecordsView): string {
  const params = new URLSearchParams()
  if (orderBy !== null) params.set('sort', orderBy.field)
  if (orderBy?.descending === true) params.set('order', 'desc')
  if (filter !== null) {
    params.set('where', filter.field)
    params.set('is', filter.text)
  }
  return `${recordAddress('records', collection, null)}${params.size === 0 ? '' : `?${params}`}`
}

/** Fields that a list can be ordered and filtered by. */
export const listableFields = (collection: CollectionSpec): readonly string[] =>
  [...collection.fields].filter(([, spec]) => isFilterable(spec)).map(([field]) => field)

const isListable = (collection: CollectionSpec, field: string): boolean => {
  const spec = collection.fields.get(field)
  return spec !== undefined && isFilterable(spec)
}

export type Entered =
  | { readonly ok: true; readonly value: string | number | boolean | null }
  /** @member problem the end of a sentence that starts with the field's name. */
  | { readonly ok: false; readonly problem: string }

/** What a person has typed, as a value of the field. */
export function enteredValue(spec: FieldSpec, text: string): Entered {
  if (text === '') return { ok: true, value: null }
  const value = parsed(spec, text)
  const problem = valueProblem({ ...spec, bounds: null }, value)
  return problem === null ? { ok: true, value } : { ok: false, problem }
}

function parsed(spec: Pick<FieldSpec, 'kind'>, text: string): string | number | boolean {
  const number = Number(text)
  switch (spec.kind) {
    case 'number':
    case 'counter':
      return text.trim() === '' || Number.isNaN(number) ? text : number
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text
    default:
      return text
  }
}

/** The next order when somebody asks for this field: up, down, and by id again. */
export function nextOrder(orderBy: RecordsView['orderBy'], field: string): RecordsView['orderBy'] {
  if (orderBy?.field !== field) return { field, descending: false }
  return orderBy.descending ? null : { field, descending: true }
}
