/**
 * The door for the SDK (`/sync`): one socket, any number of channels. It translates messages into calls of rooms and
 * reads of the store, and back; docs/SYNC.md says what the messages mean.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { SessionBounds } from '../../../shared/sync/messages.ts'
import type { AwarenessLimits } from '../../gate/awareness-gate.ts'
import type { Log } from '../../log.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { Door, DoorConnection, Renew } from '../door.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { Session } from '../session.ts'
import { SyncConnection } from './sync-connection.ts'

export interface SyncDoorParts
  extends Pick<RestParts, 'rooms' | 'storage' | 'authorizer' | 'schema' | 'now' | 'clock'> {
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly awarenessLimits: AwarenessLimits
  readonly bounds: SessionBounds
  readonly log: Log
}

export class SyncDoor implements Door {
  readonly #parts: SyncDoorParts

  constructor(parts: SyncDoorParts) {
    this.#parts = parts
  }

  connect(session: Session, rest: string, renew: Renew): DoorConnection {
    if (rest !== '') throw new SluiceError('not_found', 'this door has no paths below it')
    return new SyncConnection(session, renew, this.#parts)
  }
}
