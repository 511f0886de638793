/** A live query as an app works with it: typed rows, own changes in them, more of them on demand. */
import { checkedWhere } from '../../shared/query/check-query.ts'
import type { Fields } from '../../shared/schema/collection.ts'
import type { InferFields } from '../../shared/schema/infer-record.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Cursor, Query, RecordRow, Refusal } from '../../shared/sync/messages.ts'
import type { LiveRecord } from '../live-record.ts'
import type { ScalarNames } from '../typed/draft-types.ts'
import type { ListNews, ListStatus, LiveParts } from './live-list.ts'
import { LiveList } from './live-list.ts'
import { LocalRows } from './local-rows.ts'
import type { ShownRow } from './own-rows.ts'
import { toldRow, withOwnRows } from './own-rows.ts'

/** How many rows a query starts with, unless it says otherwise. */
const LIMIT = 50

export interface QueryOptions<F extends Fields> {
  /** Field → the value that it has to have; null: none. */
  readonly where?: { readonly [Name in ScalarNames<F>]?: InferFields<F>[Name & keyof InferFields<F>] | null }
  /** Records without a value come last; equal ones stand by id. Left out: by id. */
  readonly orderBy?: { readonly field: ScalarNames<F>; readonly descending?: boolean }
  /** How many rows it starts with, and grows by. Default: 50. */
  readonly limit?: number
  /** Starts behind this place: the `next` of another view of the same query. */
  readonly after?: Cursor
}

export type QueryRow<F extends Fields> = Omit<ShownRow, 'fields'> & { readonly fields: InferFields<F> }

export interface QueryView<Row> {
  readonly rows: readonly Row[]
  readonly status: ListStatus
  /** Whether more records match behind the last row that the server has told. */
  readonly hasMore: boolean
  /** Where another query goes on behind this one; null at the end. */
  readonly next: Cursor | null
  /** Why the server does not tell the rows; null if it does. */
  readonly refusal: Refusal | null
}

export interface QueryParts extends LiveParts {
  readonly records: () => Iterable<LiveRecord>
  /** Called when one of these records changes. @returns a function that ends it. */
  readonly onRecord: (listener: () => void) => () => void
}

export class QueryHandle<F extends Fields> {
  readonly #query: Omit<Query, 'limit'>
  readonly #list: LiveList<RecordRow>
  readonly #local: LocalRows
  readonly #listeners = new Set<() => void>()
  readonly #stopListening: () => void
  #told: { readonly items: readonly RecordRow[]; readonly shown: readonly ShownRow[] } = {
    items: [],
    shown: [],
  }
  #view: QueryView<ShownRow> = { rows: [], status: 'loading', hasMore: false, next: null, refusal: null }

  /** @throws SluiceError `bad_request` for a field that cannot be asked by, or a value that it cannot have. @internal */
  constructor(collection: CollectionSpec, options: QueryOptions<F>, parts: QueryParts) {
    const { orderBy, limit = LIMIT, after = null } = options
    const asked = {
      collection: collection.name,
      where: (options.where ?? {}) as Query['where'],
      orderBy:
        orderBy === undefined ? null : { field: orderBy.field, descending: orderBy.descending === true },
      after,
    }
    this.#query = { ...asked, where: checkedWhere(collection, asked) }
    this.#local = new LocalRows(parts.records)
    this.#list = new LiveList<RecordRow>(parts, {
      name: `query ${JSON.stringify(this.#query)}`,
      limit,
      opening: (rows, known) => ({ type: 'query.open', query: { ...this.#query, limit: rows }, known }),
      read: newsOf,
      onChange: (isTold) => this.#look(isTold),
    })
    this.#stopListening = parts.onRecord(() => this.#look(false))
    this.#look(false)
  }

  /** Everything there is to show. The same object until something changes, and so is each row. */
  get view(): QueryView<QueryRow<F>> {
    // The server tells fields by the schema.
    return this.#view as QueryView<QueryRow<F>>
  }

  get rows(): readonly QueryRow<F>[] {
    return this.view.rows
  }

  get status(): ListStatus {
    return this.#view.status
  }

  get hasMore(): boolean {
    return this.#view.hasMore
  }

  get refusal(): Refusal | null {
    return this.#view.refusal
  }

  /**
   * Asks for as many rows more as the query began with. The server bounds how many one query may have (500 unless it is
   * set otherwise); beyond it, `query({ …, after: view.next })` goes on.
   * @returns whether they came; false also without a connection.
   */
  loadMore(): Promise<boolean> {
    return this.#list.grow()
  }

  /** Called whenever `view` changes. @returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The query is not shown any more. */
  close(): void {
    this.#stopListening()
    this.#list.close()
  }

  #look(isTold: boolean): void {
    const { known, status, refusal } = this.#list
    const items = known?.items ?? []
    if (items !== this.#told.items) {
      const before = new Map(this.#told.items.map((item, at) => [item, this.#told.shown[at]]))
      this.#told = { items, shown: items.map((item) => before.get(item) ?? toldRow(item)) }
    }
    const next = known?.next ?? null
    const locals = this.#local.look(new Map(items.map((item) => [item.id, item])), isTold)
    const rows = withOwnRows(this.#query, { rows: this.#told.shown, hasMore: next !== null }, locals)
    const before = this.#view
    const isSame =
      before.status === status &&
      before.next === next &&
      before.refusal === refusal &&
      before.rows.length === rows.length &&
      before.rows.every((row, at) => row === rows[at])
    if (isSame) return
    this.#view = { rows, status, hasMore: next !== null, next, refusal }
    for (const listener of [...this.#listeners]) listener()
  }
}

function newsOf(event: Parameters<LiveList<RecordRow>['receive']>[0]): ListNews<RecordRow, null> | null {
  if (event.type === 'query.page') {
    const { mark, rows: items, next } = event
    return { type: 'page', list: { mark, items, next, extra: null } }
  }
  if (event.type !== 'query.diff') return null
  const { mark, changed, ids, next } = event
  return { type: 'change', change: { mark, changed, ids, next, extra: null } }
}
