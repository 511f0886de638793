/** CORS: lets the pages of listed origins call, and read what a client needs. Tokens are sent by hand, never as cookies. */
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

const PREFLIGHT_SECONDS = 600

export const crossOrigin = (origins: readonly string[]): MiddlewareHandler =>
  cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'Prefer',
      'Sluice-Edited-At',
      'Sluice-Metadata',
    ],
    exposeHeaders: [
      'Allow',
      'ETag',
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'Sluice-Text-Lag',
      'Sluice-Text-Version',
    ],
    maxAge: PREFLIGHT_SECONDS,
  })
