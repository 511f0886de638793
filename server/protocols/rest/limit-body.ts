/** Refuses bodies that are larger than allowed, before they are read. */
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RestEnv } from './rest-context.ts'

/**
 * A length that is announced is all that Node reads, so it is believed. Only a body of unknown length is read to find out:
 * to look at a body as a stream is to make the whole request anew, which takes longer than most writes are planned.
 */
export function limitBody(bytesMax: number): MiddlewareHandler<RestEnv> {
  const refuse = (): never => {
    throw new SluiceError('too_large', `the body is larger than ${bytesMax} bytes`)
  }
  const limitUnknown = bodyLimit({ maxSize: bytesMax, onError: refuse })
  return (c, next) => {
    if (c.req.method === 'GET') return next()
    const length = c.req.header('Content-Length')
    if (length === undefined || c.req.header('Transfer-Encoding') !== undefined) return limitUnknown(c, next)
    return Number(length) > bytesMax ? refuse() : next()
  }
}
