/** An origin as columns: `subject`, `roles`, `session`, `door`, `device`, `metadata`, `claimed_at`, `received_at`. */
import type { DoorName, Origin } from '../../../shared/record/origin.ts'

export interface OriginColumns {
  readonly subject: string
  /** JSON. */
  readonly roles: string
  readonly session: string
  readonly door: DoorName
  readonly device: string | null
  /** JSON. */
  readonly metadata: string
  readonly claimed_at: string | null
  readonly received_at: string
}

export const originColumns = (origin: Origin): OriginColumns => ({
  subject: origin.subject,
  roles: JSON.stringify(origin.roles),
  session: origin.session,
  door: origin.door,
  device: origin.device,
  metadata: JSON.stringify(origin.metadata),
  claimed_at: origin.claimedAt,
  received_at: origin.receivedAt,
})

export const originOf = (row: OriginColumns): Origin => ({
  subject: row.subject,
  roles: JSON.parse(row.roles),
  session: row.session,
  door: row.door,
  device: row.device,
  metadata: JSON.parse(row.metadata),
  claimedAt: row.claimed_at,
  receivedAt: row.received_at,
})
