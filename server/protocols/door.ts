/**
 * A door: an adapter that decodes one client protocol and calls the write path (W1). The listener
 * authenticates the upgrade, opens a session and hands it over.
 */
import type { Session } from './session.ts'

export interface DoorConnection {
  /** A binary frame has arrived. Frames arrive in order; a throw closes the session with its error. */
  onFrame(bytes: Uint8Array): void
  onClose(): void
}

/**
 * Continues the session with a fresh token.
 * @returns when that one expires, in milliseconds since 1970; null if never.
 * @throws SluiceError if it is not accepted, or not one of the same session.
 */
export type Renew = (token: string) => Promise<number | null>

export interface Door {
  /** @param rest the decoded path after the door's own prefix. @throws SluiceError to refuse the session. */
  connect(session: Session, rest: string, renew: Renew): DoorConnection
}
