/** Refuses who makes more requests than he may: 429 says when to come back. */
import type { MiddlewareHandler } from 'hono'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RequestAllowance } from '../limits/request-allowance.ts'
import { problemResponse } from './problem.ts'
import type { RestEnv } from './rest-context.ts'

export const requestLimit =
  (allowance: RequestAllowance): MiddlewareHandler<RestEnv> =>
  async (c, next) => {
    const wait = allowance.take(c.get('actor'))
    if (wait === 0) return next()
    const { perSecond, burst } = allowance.rate
    return problemResponse(
      new SluiceError('too_many', `more than ${perSecond} requests per second, after ${burst}`),
      { 'Retry-After': String(Math.ceil(wait / 1000)) },
    )
  }
