/** Who is behind a session, and how a door finds out. */
import { DEFAULT_TENANT } from '../../shared/record/record-key.ts'

export interface Actor {
  readonly subject: string
  readonly tenant: string
  /** `*` stands for every role: only an open demo hands it out. */
  readonly roles: readonly string[]
  readonly device: string | null
  /** When the token that names him expires, in milliseconds since 1970; null if it never does. */
  readonly expiresAt: number | null
  /** What tells his token from others of his; left out where nobody is verified. */
  readonly token?: TokenMark
}

export interface TokenMark {
  /** The claim `jti`; null if it has none. */
  readonly id: string | null
  /** The claim `iat`, in milliseconds since 1970; null if it has none. */
  readonly issuedAt: number | null
}

/** Verifies tokens. A port: one driver per way of authentication. */
export interface Authenticator {
  /** In clear words, for the start-up message and the console. */
  readonly description: string
  /** True if everybody is let in: then the server may listen on loopback only. */
  readonly isOpen: boolean
  /**
   * @param address where the token comes from, for one that counts failures.
   * @throws SluiceError `unauthenticated`, with a reason that may be shown to the client.
   */
  authenticate(token: string | null, address?: string): Promise<Actor>
}

export const ANONYMOUS: Actor = {
  subject: 'anonymous',
  tenant: DEFAULT_TENANT,
  roles: ['*'],
  device: null,
  expiresAt: null,
}
