/** Who is behind a write, through which door, and when: kept with every journal entry, log line and side. */
import type { JsonObject } from '../json.ts'

export type DoorName = 'yjs' | 'automerge' | 'rest' | 'upload' | 'sync' | 'server'

export interface Origin {
  /** Authenticated subject; `anonymous` in an open demo. */
  readonly subject: string
  /** Authenticated roles of the subject. */
  readonly roles: readonly string[]
  /** One socket or one HTTP request. */
  readonly session: string
  readonly door: DoorName
  readonly device: string | null
  /** What the author attached: device, app version, reason, approval. */
  readonly metadata: JsonObject
  /** When the author says the edit was made, ISO 8601; null when he does not say. */
  readonly claimedAt: string | null
  /** When the server received it, ISO 8601. */
  readonly receivedAt: string
}
