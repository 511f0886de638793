/** A live query on a channel (K6): the records of a collection that match, as this reader may see them. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { normalizeDate, valueProblem } from '../../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { Mark, Query, QueryOperand, RecordRow } from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import { seen, versionOf } from '../rest/record-answer.ts'
import { isFilterable } from '../rest/record-filter.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { Sight } from '../rest/visibility.ts'
import { Visibility } from '../rest/visibility.ts'
import { visiblePage } from '../rest/visible-page.ts'
import type { ChannelPort, SyncChannel } from './channel.ts'
import type { Listing } from './live-list.ts'
import { LiveList } from './live-list.ts'

export interface QueryChannelParts extends Pick<RestParts, 'storage' | 'authorizer' | 'schema' | 'clock'> {
  readonly actor: Actor
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly port: ChannelPort
  readonly query: Query
  readonly known: Mark | null
}

const GATHER_MS = 50

export class QueryChannel implements SyncChannel {
  readonly #list: LiveList<RecordRow>
  readonly #unsubscribe: () => void

  /** @throws SluiceError `unknown_collection`, `bad_request` or `forbidden`. */
  constructor(parts: QueryChannelParts) {
    const { actor, commits, port, query, known, clock } = parts
    const collection = parts.schema.get(query.collection)
    if (collection === undefined)
      throw new SluiceError('unknown_collection', `there is no collection "${query.collection}"`)
    const where = operandsOf(collection, query)
    checkRights(parts, collection)
    const { number: channel } = port
    this.#list = new LiveList({
      read: () => readRows(parts, collection, where),
      idOf: ({ id }) => id,
      tellPage: (mark, { items, hasMore }) =>
        port.send({ type: 'query.page', channel, mark, rows: items, hasMore }),
      tellDiff: (diff) => port.send({ type: 'query.diff', channel, ...diff }),
      port,
      known,
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

  receive(): void {
    throw new SluiceError('bad_frame', 'a query takes no messages')
  }

  close(): void {
    this.#unsubscribe()
    this.#list.close()
  }
}

async function readRows(
  { storage, actor, query, ...parts }: QueryChannelParts,
  collection: CollectionSpec,
  where: Query['where'],
): Promise<Listing<RecordRow>> {
  const { tenant } = actor
  const visibility = new Visibility({ ...parts, storage }, actor)
  const order = query.orderBy ?? undefined
  const page = await visiblePage(
    { cursor: null, limit: query.limit },
    (request) => storage.listRecords({ tenant, collection: collection.name, where, order, ...request }),
    (item) => {
      const sees = visibility.sightOf(collection, item)
      return sees === null ? null : rowOf(item, sees)
    },
  )
  return { items: page.items, hasMore: page.next !== null }
}

const rowOf = (stored: StoredRecord, sees: Sight): RecordRow => ({
  id: stored.key.id,
  version: versionOf(stored),
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

/** @throws SluiceError `bad_request` that names the field at fault. */
function operandsOf(collection: CollectionSpec, { where, orderBy }: Query): Query['where'] {
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
  throw new SluiceError(
    'bad_request',
    `${field}: ${collection.name} has no such field to filter or sort by`,
    {
      field,
    },
  )
}

function operandOf(spec: FieldSpec, field: string, operand: QueryOperand): QueryOperand {
  const problem = operand === null ? null : valueProblem(spec, operand)
  if (problem !== null) throw new SluiceError('bad_request', `${field}: ${problem}`, { field })
  return spec.kind === 'date' && typeof operand === 'string' ? normalizeDate(operand) : operand
}
