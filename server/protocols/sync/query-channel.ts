/** A live query on a channel (K6): the records of a collection that match, as this reader may see them. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { checkedWhere } from '../../../shared/query/check-query.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { Mark, Query, RecordRow } from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { Turns } from '../../rooms/turns.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import { seen, versionOf } from '../rest/record-answer.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { Sight } from '../rest/visibility.ts'
import { Visibility } from '../rest/visibility.ts'
import { visiblePage } from '../rest/visible-page.ts'
import type { ChannelMessage, ChannelPort, SyncChannel } from './channel.ts'
import type { Listing } from './live-list.ts'
import { LiveList } from './live-list.ts'
import type { ReadAt, SharedListings } from './shared-listings.ts'
import { readersOf } from './shared-listings.ts'

export interface QueryChannelParts extends Pick<RestParts, 'storage' | 'authorizer' | 'schema' | 'clock'> {
  readonly actor: Actor
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly turns: Pick<Turns, 'run'>
  readonly rows: SharedListings<Listing<RecordRow>>
  readonly port: ChannelPort
  readonly query: Query
  readonly rowsMax: number
  readonly known: Mark | null
}

const GATHER_MS = 50

export class QueryChannel implements SyncChannel {
  readonly #list: LiveList<RecordRow>
  readonly #unsubscribe: () => void

  /** @throws SluiceError `unknown_collection`, `bad_request` or `forbidden`. */
  constructor(parts: QueryChannelParts) {
    const { actor, commits, turns, port, query, known, clock, rowsMax } = parts
    const collection = parts.schema.get(query.collection)
    if (collection === undefined)
      throw new SluiceError('unknown_collection', `there is no collection "${query.collection}"`)
    const where = checkedWhere(collection, query)
    checkRights(parts, collection)
    const { number: channel } = port
    this.#list = new LiveList({
      read: (limit, ageMsMax) => sharedRows(parts, collection, { where, limit, ageMsMax }),
      idOf: ({ id }) => id,
      tellPage: (mark, { items, next }) =>
        port.send({ type: 'query.page', channel, mark, rows: items, next }, items),
      tellDiff: ({ mark, changed, ids, next }) =>
        port.send({ type: 'query.diff', channel, mark, changed, ids, next }, changed),
      port,
      inTurn: turns.run,
      known,
      limit: query.limit,
      rowsMax,
      gatherMs: GATHER_MS,
      clock,
    })
    this.#unsubscribe = commits.subscribe(({ key }) => {
      if (key.collection === collection.name && key.tenant === actor.tenant) this.#list.touch()
    })
  }

  open(): Promise<void> {
    return this.#list.open()
  }

  receive(message: ChannelMessage): void {
    this.#list.receive(message)
  }

  close(): void {
    this.#unsubscribe()
    this.#list.close()
  }
}

interface Reading {
  readonly where: Query['where']
  readonly limit: number
  readonly ageMsMax: number
}

function sharedRows(
  parts: QueryChannelParts,
  collection: CollectionSpec,
  { where, limit, ageMsMax }: Reading,
): Promise<ReadAt<Listing<RecordRow>>> {
  const { actor, query, rows } = parts
  const { orderBy, after } = query
  const name = JSON.stringify([readersOf(actor, [collection]), collection.name, where, orderBy, after, limit])
  const scope = { tenant: actor.tenant, collection: collection.name }
  return rows.read(name, scope, ageMsMax, () => readRows(parts, collection, where, limit))
}

async function readRows(
  { storage, actor, query, ...parts }: QueryChannelParts,
  collection: CollectionSpec,
  where: Query['where'],
  limit: number,
): Promise<Listing<RecordRow>> {
  const { tenant } = actor
  const visibility = new Visibility({ ...parts, storage }, actor)
  const order = query.orderBy ?? undefined
  const page = await visiblePage(
    { cursor: query.after, limit },
    (request) => storage.listRecords({ tenant, collection: collection.name, where, order, ...request }),
    (item) => {
      const sees = visibility.sightOf(collection, item)
      return sees === null ? null : rowOf(item, collection, sees)
    },
  )
  return { items: page.items, next: page.next, extra: null }
}

const rowOf = (stored: StoredRecord, collection: CollectionSpec, sees: Sight): RecordRow => ({
  id: stored.key.id,
  version: versionOf(stored, collection, sees),
  fields: seen(stored.fields, sees),
  disputed: seen(stored.disputed, sees),
  createdAt: stored.createdAt,
  updatedAt: stored.updatedAt,
})

/** @throws SluiceError `forbidden`: where a row stands tells what the field holds (A3). */
function checkRights(parts: QueryChannelParts, collection: CollectionSpec): void {
  const { where, orderBy } = parts.query
  const visibility = new Visibility(parts, parts.actor)
  visibility.checkCollection(collection)
  visibility.checkFilter(collection, [...Object.keys(where), ...(orderBy === null ? [] : [orderBy.field])])
}
