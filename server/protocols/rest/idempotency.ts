/**
 * Makes a retry harmless: the answer to a write that carries an `Idempotency-Key` is kept in the write's own
 * commit, and a request with the same key is given it again. The planner sees kept answers too, so of two
 * requests that race, one writes.
 */
import { createHash } from 'node:crypto'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { KeptAnswer } from '../../plan/plan.ts'
import type { RestContext } from './rest-context.ts'

export type IdempotentRequest = Pick<KeptAnswer, 'tenant' | 'subject' | 'key' | 'request'>

const KEY_LENGTH_MAX = 128

/**
 * @returns null if the request carries no key.
 * @throws SluiceError `bad_request` for a key that is empty or too long.
 */
export function idempotentRequest(c: RestContext, body: string): IdempotentRequest | null {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return null
  if (key.length === 0 || key.length > KEY_LENGTH_MAX)
    throw new SluiceError('bad_request', `Idempotency-Key: takes 1 to ${KEY_LENGTH_MAX} characters`)
  const { tenant, subject } = c.get('actor')
  return { tenant, subject, key, request: digestOf(c, body) }
}

/** @throws SluiceError `reused_key` if the answer was given to a request that says something else. */
export function checkSameRequest(request: IdempotentRequest, earlier: KeptAnswer): void {
  if (request.request !== earlier.request)
    throw new SluiceError('reused_key', 'Idempotency-Key: another request was sent with this key before')
}

function digestOf(c: RestContext, body: string): string {
  const { pathname, search } = new URL(c.req.url)
  const parts = [c.req.method, pathname + search, body, c.req.header('If-Match') ?? null]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
