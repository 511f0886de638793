/**
 * The door for the SDK (`/sync/<version>`): one socket, any number of channels. It translates messages into calls of rooms and
 * reads of the store, and back; docs/SYNC.md says what the messages mean.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { SessionBounds } from '../../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import type { AwarenessLimits } from '../../gate/awareness-gate.ts'
import type { Log } from '../../log.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { Turns } from '../../rooms/turns.ts'
import type { Door, DoorConnection, Renew } from '../door.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { Session } from '../session.ts'
import { SharedListings } from './shared-listings.ts'
import type { SyncConnectionParts } from './sync-connection.ts'
import { SyncConnection } from './sync-connection.ts'

export interface SyncDoorParts
  extends Pick<RestParts, 'rooms' | 'storage' | 'authorizer' | 'schema' | 'now' | 'clock'> {
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly turns: Pick<Turns, 'run'>
  readonly awarenessLimits: AwarenessLimits
  readonly bounds: DoorBounds
  readonly log: Log
}

export interface DoorBounds extends SessionBounds {
  /** Of one session; one more is refused. */
  readonly channels: number
  /** Of the channels: live queries and inboxes. */
  readonly queries: number
}

export class SyncDoor implements Door {
  readonly #parts: SyncConnectionParts

  constructor(parts: SyncDoorParts) {
    this.#parts = { ...parts, rows: new SharedListings(parts), inboxes: new SharedListings(parts) }
  }

  connect(session: Session, rest: string, renew: Renew): DoorConnection {
    if (rest !== String(SYNC_PROTOCOL))
      throw new SluiceError(
        'bad_frame',
        `this server speaks version ${SYNC_PROTOCOL} of the sync protocol, at /sync/${SYNC_PROTOCOL}`,
      )
    return new SyncConnection(session, renew, this.#parts)
  }
}
