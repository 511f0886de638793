/** Makes responses whose JSON and headers all routes share. */

export type Headers = Readonly<Record<string, string>>

export const jsonResponse = (body: unknown, status = 200, headers: Headers = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })

export const emptyResponse = (status: number, headers: Headers = {}): Response =>
  new Response(null, { status, headers: { ...headers } })

export const entityTagOf = (version: string): string => `"${version}"`

/** Whether `If-None-Match` names this version: then the reader has it already. */
export const isUnchanged = (ifNoneMatch: string | undefined, version: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === entityTagOf(version))
