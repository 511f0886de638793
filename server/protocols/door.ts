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

export interface Door {
  /** @param rest the decoded path after the door's own prefix. @throws SluiceError to refuse the session. */
  connect(session: Session, rest: string): DoorConnection
}
