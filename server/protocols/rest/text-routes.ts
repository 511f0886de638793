/** Routes that read a record's rich text: as far as it is projected (S2), as it was, and who wrote what of it when. */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { toHtml } from '../../projection/text-html.ts'
import { toMarkdown } from '../../projection/text-markdown.ts'
import type { StoredText } from '../../storage/storage.ts'
import { jsonResponse, textResponse } from './responses.ts'
import type { RestApp, RestContext, RestParts } from './rest-context.ts'
import { keyOf } from './rest-context.ts'
import { instant, page, pageQuery, recordParams, responses } from './rest-schemas.ts'
import type { SeenRecord } from './seen-record.ts'
import { seenRecord } from './seen-record.ts'
import { textAuthorsAnswer, textAuthorsSchema } from './text-authors-answer.ts'
import { textRuns } from './text-runs.ts'

const formats = {
  plain: { mediaType: 'text/plain; charset=utf-8', render: ({ plain }: StoredText) => plain },
  markdown: {
    mediaType: 'text/markdown; charset=utf-8',
    render: ({ structure }: StoredText) => toMarkdown(structure),
  },
  html: { mediaType: 'text/html; charset=utf-8', render: ({ structure }: StoredText) => toHtml(structure) },
  json: {
    mediaType: 'application/json',
    render: ({ structure }: StoredText) => JSON.stringify(structure),
  },
}

const runSchema = z
  .object({
    from: z.number().int(),
    to: z.number().int(),
    author: z.string(),
    door: z.string(),
    device: z.string().nullable(),
    startedAt: instant,
    endedAt: instant,
    updates: z.number().int(),
    bytes: z.number().int(),
  })
  .openapi('TextRun')

const EMPTY: StoredText = { plain: '', structure: [] }

const textRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/text/{field}',
  tags: ['Text'],
  summary: 'Read rich text',
  description:
    '`Sluice-Text-Version` counts the updates that the answer shows, `Sluice-Text-Lag` those that are accepted ' +
    'and not shown yet. With `at`, the text as it was after so many updates.',
  request: {
    params: recordParams.extend({ field: z.string() }),
    query: z.strictObject({
      format: z.enum(['plain', 'markdown', 'html', 'json']).default('plain'),
      at: z.coerce.number().int().min(0).optional(),
    }),
  },
  responses: responses(200, 'The text, in the media type of its format'),
})

const authorsRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/text/{field}/authors',
  tags: ['Text'],
  summary: 'Read who wrote which part of a text',
  description:
    'The plain text, cut where the author changes. Who has inserted something is its author, also of what he has pasted; ' +
    'formatting has none. With `at`, as it was after so many updates. It is read from the journal, in a thread of its own, ' +
    'and includes what `Sluice-Text-Lag` counts.',
  request: {
    params: recordParams.extend({ field: z.string() }),
    query: z.strictObject({ at: z.coerce.number().int().min(0).optional() }),
  },
  responses: responses(200, 'The text by its authors', textAuthorsSchema),
})

const versionsRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/text-versions',
  tags: ['Text'],
  summary: 'List who wrote text when',
  description:
    'Newest first: what one author has typed in a row is one item; `to` is the version for `?at=`. It counts the updates ' +
    'of all texts of the record, so it is for those who may read all of them.',
  request: {
    params: recordParams,
    query: z.strictObject({ limit: pageQuery.limit, cursor: z.coerce.number().int().min(1).optional() }),
  },
  responses: responses(200, 'A page of runs', page(runSchema)),
})

export function mountTextRoutes(app: RestApp, parts: RestParts): void {
  app.openapi(textRoute, async (c) => {
    const { field, ...params } = c.req.valid('param')
    const record = await seenText(c, parts, params, field)
    const { format, at } = c.req.valid('query')
    const { textVersion, projectedTextVersion, texts } = record.stored
    const isPast = at !== undefined
    const shown = isPast ? await textAt(parts, record, field, at) : (texts[field] ?? EMPTY)
    const { mediaType, render } = formats[format]
    return textResponse(render(shown), {
      'Content-Type': mediaType,
      // The HTML is made to be put into a page, not to be one: opened as such, it may run nothing.
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Sluice-Text-Version': String(at ?? projectedTextVersion),
      'Sluice-Text-Lag': String(isPast ? 0 : textVersion - projectedTextVersion),
    })
  })

  app.openapi(authorsRoute, async (c) => {
    const { field, ...params } = c.req.valid('param')
    const record = await seenText(c, parts, params, field)
    const { at = record.stored.textVersion } = c.req.valid('query')
    checkVersion(record, at)
    return jsonResponse(await textAuthorsAnswer(parts, record, field, at))
  })

  app.openapi(versionsRoute, async (c) => {
    const { key, collection, sees } = await seenRecord(c, parts, c.req.valid('param'))
    const hidden = collection.texts.find((field) => !sees(field))
    if (hidden !== undefined) throw unreadable(hidden)
    const { limit, cursor = null } = c.req.valid('query')
    const { inspection } = parts.storage
    const { items, next } = await textRuns(
      (before, count) => inspection.listEntries(key, 'text', before, count),
      cursor,
      limit,
    )
    return jsonResponse({ items, next: next === null ? null : String(next) })
  })
}

/** @throws SluiceError `unknown_field`, `not_found`, `erased` or `forbidden`. */
async function seenText(
  c: RestContext,
  parts: RestParts,
  params: { readonly collection: string; readonly id: string },
  field: string,
): Promise<SeenRecord> {
  const { texts, name } = parts.rooms.collectionOf(keyOf(c, params))
  if (!texts.includes(field))
    throw new SluiceError('unknown_field', `${name} has no text "${field}"`, { field })
  const record = await seenRecord(c, parts, params)
  if (record.stored.deleted) throw new SluiceError('not_found', 'there is no such record')
  if (!record.sees(field)) throw unreadable(field)
  return record
}

const unreadable = (field: string): SluiceError =>
  new SluiceError('forbidden', `${field}: you may not read this field`, { field })

/** @throws SluiceError `unknown_version` for one that has not come to be. */
function checkVersion({ stored }: SeenRecord, version: number): void {
  if (version > stored.textVersion)
    throw new SluiceError('unknown_version', `the text has ${stored.textVersion} versions`)
}

/** @throws SluiceError `unknown_version` */
async function textAt(
  { inspector }: RestParts,
  record: SeenRecord,
  field: string,
  version: number,
): Promise<StoredText> {
  checkVersion(record, version)
  const { key, stored, collection } = record
  if (version === stored.projectedTextVersion) return stored.texts[field] ?? EMPTY
  return (await inspector.textsAt(key, version, collection.texts))[field] ?? EMPTY
}
