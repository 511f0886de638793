/**
 * Makes the responses of all routes. Their headers are given at once, as plain objects: one that is set afterwards
 * would have the whole response made anew, which costs more than to read a record.
 */

export type Headers = Readonly<Record<string, string>>

/** Answers depend on who asks, and a version may be asked for again at any time. */
export const withCommon = (headers: Headers): Headers => ({
  'Cache-Control': 'private, no-cache',
  'X-Content-Type-Options': 'nosniff',
  ...headers,
})

export const jsonResponse = (body: unknown, status = 200, headers: Headers = {}): Response =>
  jsonTextResponse(JSON.stringify(body), status, headers)

/** @param json the body as it is sent. */
export const jsonTextResponse = (json: string, status = 200, headers: Headers = {}): Response =>
  textResponse(json, { 'Content-Type': 'application/json', ...headers }, status)

/** @param body the body as it is sent; `headers` name its media type. */
export const textResponse = (body: BodyInit | null, headers: Headers, status = 200): Response =>
  new Response(body, { status, headers: withCommon(headers) })

export const emptyResponse = (status: number, headers: Headers = {}): Response =>
  textResponse(null, headers, status)

export const entityTagOf = (version: string): string => `"${version}"`

/** Whether `If-None-Match` names this version: then the reader has it already. */
export const isUnchanged = (ifNoneMatch: string | undefined, version: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === entityTagOf(version))
