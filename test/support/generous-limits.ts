// Limits that no test reaches which is about something else.
import type { Rate } from '../../server/protocols/limits/token-bucket.ts'
import type { RestLimits } from '../../server/protocols/rest/rest-context.ts'

export const generousLimits: RestLimits = {
  streamsMax: 1_000,
  streamsPerSubjectMax: 1_000,
}

export const generousRequests: Rate = { perSecond: 1_000_000, burst: 1_000_000 }
