/** Routes that read records: one, one as it was, many, and what became of its fields. */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { automergeUrl } from '../../../shared/record/record-key.ts'
import { DELETED_KEY } from '../../../shared/record/reserved-keys.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import type { Actor } from '../../auth/actor.ts'
import { readField } from '../../plan/automerge-values.ts'
import { documentsOf } from '../../plan/record-state.ts'
import { homeOf } from '../../plan/view-of.ts'
import type { StoredFieldChange } from '../../storage/change-log.ts'
import { readResponse } from './kept-reads.ts'
import { compartmentUrls, refuseErased, seen, toldRecord } from './record-answer.ts'
import { readFilter } from './record-filter.ts'
import { entityTagOf, jsonResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { headsOf, keyOf } from './rest-context.ts'
import { answers, collectionParams, pageQuery, readHeaders, recordParams, responses } from './rest-schemas.ts'
import { visibilityFor } from './visibility.ts'
import { visiblePage } from './visible-page.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}',
  tags: ['Records'],
  summary: 'List records',
  description: 'Ordered by id. Any other parameter is a field and the value it must equal; empty: no value.',
  request: { params: collectionParams, query: z.object(pageQuery).catchall(z.string()) },
  responses: responses(200, 'A page of records', answers.records),
})

const readRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}',
  tags: ['Records'],
  summary: 'Read a record',
  description: 'With `at`, its fields as they were at that version. `If-None-Match` is answered with 304.',
  parameters: readHeaders,
  request: {
    params: recordParams,
    query: z.strictObject({ at: z.string().optional() }),
  },
  responses: responses(200, 'The record', answers.recordOrPast),
})

const historyRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/history',
  tags: ['Records'],
  summary: 'Read what became of every field write',
  description: 'Newest first; also of a deleted record.',
  request: { params: recordParams, query: z.strictObject(pageQuery) },
  responses: responses(200, 'A page of field changes', answers.history),
})

export function mountRecordReads(app: RestApp, parts: RestParts): void {
  const { rooms, storage, schema, reads } = parts

  app.openapi(listRoute, async (c) => {
    const { collection: name } = c.req.valid('param')
    const collection = schema.get(name)
    if (collection === undefined)
      throw new SluiceError('unknown_collection', `there is no collection "${name}"`)
    const visibility = visibilityFor(c, parts)
    visibility.checkCollection(collection)
    const { limit, cursor = null, ...query } = c.req.valid('query')
    const where = readFilter(collection, query)
    visibility.checkFilter(collection, Object.keys(where))
    const { tenant } = c.get('actor')
    const answer = reads.begin(askedIn(c), collection, { tenant, collection: name })
    const page = await visiblePage(
      { cursor, limit },
      (request) => storage.listRecords({ tenant, collection: name, where, ...request }),
      (item) => {
        const sees = visibility.sightOf(collection, item)
        return sees === null ? null : toldRecord(item, collection, sees).json
      },
    )
    const json = `{"items":[${page.items.join()}],"next":${JSON.stringify(page.next)}}`
    return readResponse(answer(json, null), undefined)
  })

  app.openapi(readRoute, async (c) => {
    const key = keyOf(c, c.req.valid('param'))
    const collection = rooms.collectionOf(key)
    const { at } = c.req.valid('query')
    const answer = reads.begin(askedIn(c), collection, key)
    const stored = await storage.readRecord(key)
    const sees = stored === null ? null : visibilityFor(c, parts).sightOf(collection, stored)
    if (stored === null || sees === null) throw noRecord()
    refuseErased(stored)
    if (stored.deleted && at === undefined) throw noRecord()
    if (at !== undefined) {
      const { fields, deleted } = await fieldsAt(parts, key, headsOf(at))
      const past = {
        collection: key.collection,
        id: key.id,
        version: at,
        automergeUrl: automergeUrl(stored.documentId),
        ...compartmentUrls(stored, collection, sees),
        fields: seen(fields, sees),
        deleted,
      }
      return jsonResponse(past, 200, { ETag: entityTagOf(at) })
    }
    const { version, json } = toldRecord(stored, collection, sees)
    return readResponse(answer(json, version), c.req.header('If-None-Match'))
  })

  app.openapi(historyRoute, async (c) => {
    const key = keyOf(c, c.req.valid('param'))
    const collection = rooms.collectionOf(key)
    const stored = await storage.readRecord(key)
    const sees = stored === null ? null : visibilityFor(c, parts).sightOf(collection, stored)
    if (stored === null || sees === null) throw noRecord()
    refuseErased(stored)
    const { limit, cursor = null } = c.req.valid('query')
    const page = await visiblePage(
      { cursor, limit },
      (request) =>
        storage.listFieldChanges({
          tenant: key.tenant,
          collection: key.collection,
          recordId: key.id,
          ...request,
        }),
      (change) => (sees(change.field) ? changeAnswer(change) : null),
    )
    return jsonResponse(page)
  })
}

/** Who asks, and for what, in the words in which he does. */
function askedIn({ req: { url }, var: { actor } }: RestContext): {
  readonly actor: Actor
  readonly target: string
} {
  const host = url.indexOf('://') + '://'.length
  return { actor, target: url.slice(url.indexOf('/', host)) }
}

const noRecord = (): SluiceError => new SluiceError('not_found', 'there is no such record')

/**
 * A version tells of those documents alone whose heads it names: fields of others are left out.
 * @throws SluiceError `unknown_version` for heads that are not of this record.
 */
async function fieldsAt(
  { rooms }: RestParts,
  key: RecordKey,
  heads: readonly string[],
): Promise<{ readonly fields: JsonObject; readonly deleted: boolean }> {
  return rooms.record(key).read((state) => {
    const documents = documentsOf(state)
    if (heads.some((head) => !documents.some(({ graph }) => graph.has(head))))
      throw new SluiceError('unknown_version', 'the version is not one of this record')
    const named = documents.flatMap((document) => {
      const own = heads.filter((head) => document.graph.has(head))
      return own.length === 0 ? [] : [{ document, rawOf: (key: string) => document.doc.valueAt(own, key) }]
    })
    const fields: Record<string, Json> = {}
    for (const [field, spec] of state.collection.fields) {
      const home = homeOf(state, field)
      const then = named.find(({ document }) => document === home)
      if (then !== undefined) fields[field] = readField(spec, then.rawOf(field)) ?? spec.default ?? null
    }
    return { fields, deleted: named.some(({ rawOf }) => rawOf(DELETED_KEY) === true) }
  })
}

/** One line of the change log, with the version to travel to: the record as its author had it then. */
function changeAnswer({ key: _key, changeHash, origin, ...change }: StoredFieldChange): object {
  const { subject: author, ...rest } = origin
  return {
    ...change,
    version: changeHash === '' ? null : encodeVersion({ heads: [changeHash], textVersion: 0 }),
    author,
    ...rest,
  }
}
