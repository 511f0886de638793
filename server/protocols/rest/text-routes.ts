/** The route that reads a record's rich text, as far as it is projected (S2). */
import { createRoute, z } from '@hono/zod-openapi'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { toHtml } from '../../projection/text-html.ts'
import { toMarkdown } from '../../projection/text-markdown.ts'
import type { StoredText } from '../../storage/storage.ts'
import { refuseErased } from './record-answer.ts'
import type { RestApp, RestParts } from './rest-context.ts'
import { keyOf } from './rest-context.ts'
import { recordParams, responses } from './rest-schemas.ts'
import { visibilityFor } from './visibility.ts'

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

const EMPTY: StoredText = { plain: '', structure: [] }

const textRoute = createRoute({
  method: 'get',
  path: '/v1/records/{collection}/{id}/text/{field}',
  tags: ['Text'],
  summary: 'Read rich text',
  description:
    '`Sluice-Text-Version` counts the updates that the answer shows, `Sluice-Text-Lag` those that are accepted ' +
    'and not shown yet.',
  request: {
    params: recordParams.extend({ field: z.string() }),
    query: z.strictObject({ format: z.enum(['plain', 'markdown', 'html', 'json']).default('plain') }),
  },
  responses: responses(200, 'The text, in the media type of its format'),
})

export function mountTextRoutes(app: RestApp, parts: RestParts): void {
  const { rooms, storage } = parts

  app.openapi(textRoute, async (c) => {
    const params = c.req.valid('param')
    const key = keyOf(c, params)
    const { field } = params
    const collection = rooms.collectionOf(key)
    if (!collection.texts.includes(field))
      throw new SluiceError('unknown_field', `${key.collection} has no text "${field}"`, { field })
    const stored = await storage.readRecord(key)
    const sees = stored === null ? null : visibilityFor(c, parts).sightOf(collection, stored)
    if (stored !== null && sees !== null) refuseErased(stored)
    if (stored === null || stored.deleted || sees === null)
      throw new SluiceError('not_found', 'there is no such record')
    if (!sees(field)) throw new SluiceError('forbidden', `${field}: you may not read this field`, { field })
    const { mediaType, render } = formats[c.req.valid('query').format]
    return new Response(render(stored.texts[field] ?? EMPTY), {
      headers: {
        'Content-Type': mediaType,
        // The HTML is made to be put into a page, not to be one: opened as such, it may run nothing.
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'Sluice-Text-Version': String(stored.projectedTextVersion),
        'Sluice-Text-Lag': String(stored.textVersion - stored.projectedTextVersion),
      },
    })
  })
}
