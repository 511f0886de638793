// REST as a backend developer calls it.

export interface RestAnswer {
  readonly status: number
  readonly etag: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

export async function rest(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RestAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return {
    status: response.status,
    etag: response.headers.get('etag') ?? '',
    body: isJson && text !== '' ? JSON.parse(text) : text,
  }
}

export const as = (who: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${who}` })
