/** A collection of Sluice as a collection of TanStack DB. */
import type { CollectionConfig, UtilsRecord } from '@tanstack/db'
import type { Fields } from '../../shared/schema/collection.ts'
import type { Collections } from '../../shared/schema/config.ts'
import type { QueryHandle, QueryOptions, QueryRow, QueryView } from '../live/query-handle.ts'
import type { SluiceClient } from '../sluice-client.ts'
import type { NewRow, RowSchema, SluiceRow } from './row-schema.ts'
import { newRow, rowSchema } from './row-schema.ts'
import { syncRows } from './sync-rows.ts'
import type { RowMutation } from './write-mutation.ts'
import { writeMutation } from './write-mutation.ts'

/** How many rows are asked for at a time. */
const PAGE_ROWS = 100

export interface SluiceCollectionOptions<C extends Collections, Name extends keyof C & string>
  extends Pick<QueryOptions<C[Name]['fields']>, 'where' | 'orderBy'> {
  readonly client: SluiceClient<C>
  readonly collection: Name
  /** Of the collection in TanStack DB. Default: the name of Sluice's. */
  readonly id?: string
  /** At most so many rows, the first in order. Default: all that the server gives one query (500 unless it is set otherwise). */
  readonly limit?: number
}

export interface SluiceUtils<F extends Fields> extends UtilsRecord {
  /**
   * What the live query tells beside the rows: which fields are staged or disputed, their versions, and whether there
   * are more rows. Null while nobody uses the collection.
   */
  readonly view: () => QueryView<QueryRow<F>> | null
  /** A row to insert, with the defaults of the schema for what is left out. */
  readonly newRow: (values: NewRow<F>) => SluiceRow<F>
}

export interface SluiceCollectionConfig<F extends Fields>
  extends Omit<CollectionConfig<SluiceRow<F>, string, RowSchema<F>, SluiceUtils<F>>, 'utils' | 'schema'> {
  readonly schema: RowSchema<F>
  readonly utils: SluiceUtils<F>
}

/**
 * `createCollection(sluiceCollectionOptions({ client, collection: 'tickets' }))`: its rows follow a live query, and its
 * mutations are changes. A mutation is shown at once; its promise resolves when the server has confirmed it, and
 * rejects with `NotInForce` if it is held, superseded or rejected: then the row shows what is in force.
 * @throws RangeError for a collection that the schema lacks.
 */
export function sluiceCollectionOptions<C extends Collections, Name extends keyof C & string>(
  options: SluiceCollectionOptions<C, Name>,
): SluiceCollectionConfig<C[Name]['fields']> {
  type F = C[Name]['fields']
  const { client, collection, id = collection, limit, ...asked } = options
  const spec = client.parts.schema.get(collection)
  if (spec === undefined) throw new RangeError(`the schema has no collection "${collection}"`)
  let query: QueryHandle<F> | null = null
  const write = async (mutations: readonly RowMutation[]): Promise<void> => {
    const rows = query?.rows ?? []
    const written = mutations.map((mutation) => {
      const record = client.live(collection, mutation.key)
      if (record === null) throw new RangeError(`the schema has no collection "${collection}"`)
      return writeMutation(record, mutation, rows.find((row) => row.id === record.id)?.version ?? null)
    })
    // Each is told, and each is over, before the collection shows what is in force.
    const failed = (await Promise.allSettled(written)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
  return {
    id,
    schema: rowSchema<F>(spec),
    getKey: (row) => row.id,
    sync: {
      rowUpdateMode: 'full',
      sync: (told) => {
        query = client.collection(collection).query({ ...asked, limit: limit ?? PAGE_ROWS })
        const stop = syncRows<F>(query, told, limit === undefined)
        return () => {
          stop()
          query = null
        }
      },
    },
    onInsert: ({ transaction }) => write(transaction.mutations),
    onUpdate: ({ transaction }) => write(transaction.mutations),
    onDelete: ({ transaction }) => write(transaction.mutations),
    utils: { view: () => query?.view ?? null, newRow: (values) => newRow<F>(spec, values) },
  }
}
