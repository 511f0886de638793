/** Who is behind a session, and how a door finds out. */
import { DEFAULT_TENANT } from '../../shared/record/record-key.ts'

export interface Actor {
  readonly subject: string
  readonly tenant: string
  /** `*` stands for every role: only an open demo hands it out. */
  readonly roles: readonly string[]
  readonly device: string | null
}

/** Verifies tokens. A port: one driver per way of authentication. */
export interface Authenticator {
  /** In clear words, for the start-up message and the console. */
  readonly description: string
  /** True if everybody is let in: then the server may listen on loopback only. */
  readonly isOpen: boolean
  /** @throws SluiceError `unauthenticated`, with a reason that may be shown to the client. */
  authenticate(token: string | null): Promise<Actor>
}

export const ANONYMOUS: Actor = { subject: 'anonymous', tenant: DEFAULT_TENANT, roles: ['*'], device: null }
