// Limits that no test reaches which is about something else.
import type { RestLimits } from '../../server/protocols/rest/rest-context.ts'

export const generousLimits: RestLimits = {
  requests: { perSecond: 1_000_000, burst: 1_000_000 },
  streamsMax: 1_000,
  streamsPerSubjectMax: 1_000,
}
