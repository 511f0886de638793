/** Keeps the rows of a TanStack DB collection what a live query tells. */
import type { SyncConfig } from '@tanstack/db'
import type { Fields } from '../../shared/schema/collection.ts'
import type { QueryHandle, QueryRow } from '../live/query-handle.ts'
import type { SluiceRow } from './row-schema.ts'

type SyncParams<F extends Fields> = Parameters<SyncConfig<SluiceRow<F>, string>['sync']>[0]
type Told<F extends Fields> = Pick<SyncParams<F>, 'begin' | 'write' | 'commit' | 'markReady' | 'markError'>

/** @param grow whether to ask for more rows while there are more. @returns how to end it. */
export function syncRows<F extends Fields>(query: QueryHandle<F>, told: Told<F>, grow: boolean): () => void {
  const known = new Map<string, QueryRow<F>>()
  let isReady = false
  const look = (): void => {
    const { rows, status, hasMore, refusal } = query.view
    if (status === 'refused' && !isReady) return told.markError(refusal)
    if (status === 'loading' && rows.length === 0) return
    writeDifference(known, rows, told)
    if (!isReady) told.markReady()
    isReady = true
    if (grow && hasMore && status === 'live') void query.loadMore()
  }
  const stop = query.subscribe(look)
  look()
  return () => {
    stop()
    query.close()
  }
}

/** Rows that are the same keep their identity, so only others are looked at. */
function writeDifference<F extends Fields>(
  known: Map<string, QueryRow<F>>,
  rows: readonly QueryRow<F>[],
  { begin, write, commit }: Told<F>,
): void {
  const gone = new Set(known.keys())
  for (const { id } of rows) gone.delete(id)
  const others = rows.filter((row) => known.get(row.id) !== row)
  if (gone.size === 0 && others.length === 0) return
  begin()
  for (const id of gone) {
    known.delete(id)
    write({ type: 'delete', key: id })
  }
  for (const row of others) {
    write({ type: known.has(row.id) ? 'update' : 'insert', value: { ...row.fields, id: row.id } })
    known.set(row.id, row)
  }
  void commit()
}
