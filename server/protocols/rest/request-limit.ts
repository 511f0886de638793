/** How many requests a subject may make: beyond it, 429 says when to come back. */
import type { MiddlewareHandler } from 'hono'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { SubjectBuckets, subjectKey } from '../limits/subject-buckets.ts'
import type { Rate } from '../limits/token-bucket.ts'
import { TokenBucket } from '../limits/token-bucket.ts'
import { problemResponse } from './problem.ts'
import type { RestEnv } from './rest-context.ts'

/** @param clock milliseconds that only go forward. */
export function requestLimit(rate: Rate, clock: () => number): MiddlewareHandler<RestEnv> {
  const buckets = new SubjectBuckets((now) => new TokenBucket(rate, now))
  return async (c, next) => {
    const now = clock()
    const bucket = buckets.of(subjectKey(c.var.actor), now)
    const wait = bucket.waitFor(1, now)
    if (wait > 0)
      return problemResponse(
        new SluiceError('too_many', `more than ${rate.perSecond} requests per second, after ${rate.burst}`),
        { 'Retry-After': String(Math.ceil(wait / 1000)) },
      )
    bucket.take(1, now)
    return next()
  }
}
