/** Problem documents (RFC 9457): every refusal of the REST door, made from the closed table of errors. */
import type { ZodError } from 'zod'
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { errorTable, SluiceError } from '../../../shared/errors/error-table.ts'
import { jsonTextResponse } from './responses.ts'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly retryable: boolean
  readonly remedy: string
  /** What the error has to say beyond that, such as the conflict as it is now. */
  readonly [detail: string]: unknown
}

const RETRY_AFTER_SECONDS = 1

export function problemOf(error: SluiceError): Problem {
  const { status, retryable, remedy } = errorTable[error.code]
  return {
    type: `/docs#${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    detail: error.message,
    retryable,
    remedy,
    ...error.details,
  }
}

export function problemResponse(
  error: SluiceError,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const problem = problemOf(error)
  return jsonTextResponse(JSON.stringify(problem), problem.status, {
    'Content-Type': 'application/problem+json',
    ...(problem.retryable ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {}),
    ...(error.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...headers,
  })
}

/** `unknown_field` → `Unknown field`. */
export const titleOf = (code: ErrorCode): string =>
  code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')

/** The first thing wrong with a request, by the name of its member. */
export function badRequest(error: ZodError): SluiceError {
  const [issue] = error.issues
  if (issue?.code === 'unrecognized_keys') {
    const member = issue.keys.join(', ')
    return new SluiceError('bad_request', `${member}: not known here`, { member })
  }
  const member = issue?.path.join('.') ?? ''
  const message = issue?.message ?? 'not understood'
  return new SluiceError('bad_request', member === '' ? message : `${member}: ${message}`, { member })
}
