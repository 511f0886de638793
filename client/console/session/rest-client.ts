/** The public REST API, as the console calls it: with the user's token, and refusals as errors that say what to do. */
import type { Json } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'

/** A refusal of the server: its problem document. `code` is one of the error table, or `unreachable`. */
export class RestProblem extends Error {
  override readonly name = 'RestProblem'
  readonly code: string
  readonly status: number
  readonly remedy: string

  constructor(code: string, status: number, detail: string, remedy: string) {
    super(detail)
    this.code = code
    this.status = status
    this.remedy = remedy
  }
}

export interface RestRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface RestAnswer {
  readonly body: Json
  readonly headers: Headers
}

export class RestClient {
  readonly #token: () => string | null
  readonly #onUnauthenticated: () => void

  /** @param onUnauthenticated told when the server does not accept the token. */
  constructor(token: () => string | null, onUnauthenticated: () => void = () => {}) {
    this.#token = token
    this.#onUnauthenticated = onUnauthenticated
  }

  /** @throws RestProblem */
  async read(path: string, signal?: AbortSignal): Promise<Json> {
    return (await this.send(path, signal === undefined ? {} : { signal })).body
  }

  /** @throws RestProblem */
  async send(path: string, request: RestRequest = {}): Promise<RestAnswer> {
    const response = await this.open(path, request)
    const text = await response.text()
    return { body: text === '' ? null : (JSON.parse(text) as Json), headers: response.headers }
  }

  /** The response itself, for streams and texts. @throws RestProblem */
  async open(
    path: string,
    { method = 'GET', body, headers = {}, signal }: RestRequest = {},
  ): Promise<Response> {
    const token = this.#token()
    const response = await fetch(path, {
      method,
      headers: {
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted === true) throw error
      throw new RestProblem(
        'unreachable',
        0,
        'the server cannot be reached',
        'Check the connection and try again.',
      )
    })
    if (response.ok) return response
    if (response.status === 401) this.#onUnauthenticated()
    throw await problemOf(response)
  }
}

async function problemOf(response: Response): Promise<RestProblem> {
  const problem = await response.json().catch(() => null)
  const member = (name: string): string | null =>
    isJsonObject(problem) && typeof problem[name] === 'string' ? problem[name] : null
  return new RestProblem(
    member('code') ?? 'internal',
    response.status,
    member('detail') ?? `the server answered ${response.status}`,
    member('remedy') ?? 'Try again.',
  )
}
