/** The origin of what somebody does who has the data folder of a stopped server. */
import type { Origin } from '../../shared/record/origin.ts'

/** @param session the command. */
export const operatorOrigin = (session: string, at: string): Origin => ({
  subject: 'operator',
  roles: [],
  session,
  door: 'server',
  device: null,
  metadata: {},
  claimedAt: null,
  receivedAt: at,
})
