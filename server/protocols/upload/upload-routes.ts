/** The upload door: where a PowerSync connector sends its queue of writes. */
import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { parseExactJson } from '../../../shared/wire/exact-json.ts'
import { jsonText } from '../rest/read-json.ts'
import { jsonResponse } from '../rest/responses.ts'
import type { RestApp, RestContext, RestParts } from '../rest/rest-context.ts'
import { answers, body, responses } from '../rest/rest-schemas.ts'
import { applyUpload } from './apply-upload.ts'
import type { UploadEntry } from './read-upload.ts'
import { readUpload } from './read-upload.ts'
import type { OpResult } from './upload-answer.ts'

/** Of a whole request. One operation may hold less, and is refused on its own. */
const BODY_LIMITS = { depthMax: 128, valuesMax: 200_000 }
const METHODS = ['post', 'put', 'patch', 'delete'] as const

export function mountUploadRoutes(app: RestApp, parts: RestParts): void {
  for (const method of METHODS)
    app.openapi(uploadRoute(method), async (c) => {
      const results: OpResult[] = []
      // In order: a later operation of the client may build on an earlier one.
      for (const entry of await readEntries(c))
        results.push(await applyUpload(parts, { actor: c.get('actor'), session: c.get('requestId') }, entry))
      return jsonResponse({ results })
    })
}

const uploadRoute = (method: (typeof METHODS)[number]) =>
  createRoute({
    method,
    path: '/v1/upload',
    tags: ['Upload'],
    summary: 'Upload a queue of writes',
    description:
      'The four bodies that PowerSync connectors send. 200 says that everything was decided, and `results` what; ' +
      'any other answer that nothing may be lost by sending the request again.',
    request: {
      query: z.strictObject({}),
      body: body('`{ batch: [{ op, table, id, data }] }`, or one operation', {
        type: 'object',
        additionalProperties: true,
      }),
    },
    responses: responses(200, 'What became of each operation, in order', answers.uploaded),
  })

/** @throws SluiceError `bad_request` or `too_large`. */
async function readEntries(c: RestContext): Promise<readonly UploadEntry[]> {
  const parsed = parseExactJson(await jsonText(c), BODY_LIMITS)
  if (!parsed.ok)
    throw new SluiceError(parsed.isTooLarge ? 'too_large' : 'bad_request', `the body: ${parsed.problem}`)
  const upload = readUpload(c.req.method, parsed.value)
  if (!upload.ok) throw new SluiceError('bad_request', `the body: ${upload.problem}`)
  return upload.entries
}
