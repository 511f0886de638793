/** The origin of what the server does on its own account. */
import type { Origin } from '../../shared/record/origin.ts'

/** At the moment of what caused it. */
export const serverOrigin = ({ receivedAt }: Pick<Origin, 'receivedAt'>): Origin => ({
  subject: 'sluice',
  roles: [],
  session: 'server',
  door: 'server',
  device: null,
  metadata: {},
  claimedAt: null,
  receivedAt,
})
