/** The doors that WebSockets come in by, by the first part of their path. */
import type { Schema } from '../shared/schema/schema.ts'
import type { Authorizer } from './auth/authorizer.ts'
import { defaultAutomergeLimits } from './gate/automerge-gate.ts'
import { defaultAwarenessLimits } from './gate/awareness-gate.ts'
import { defaultSyncLimits } from './gate/sync-message.ts'
import type { Log } from './log.ts'
import { AutomergeDoor } from './protocols/automerge-door.ts'
import { IN_FLIGHT_MAX } from './protocols/session.ts'
import { SyncDoor } from './protocols/sync/sync-door.ts'
import type { NamedDoor } from './protocols/upgrades.ts'
import { YWebsocketDoor } from './protocols/y-websocket-door.ts'
import type { CommitSignal } from './rooms/commit-signal.ts'
import type { Rooms } from './rooms/rooms.ts'
import type { Turns } from './rooms/turns.ts'
import type { Settings } from './settings.ts'
import type { Storage } from './storage/storage.ts'

export interface DoorsParts {
  readonly settings: Settings
  readonly schema: Schema
  readonly rooms: Rooms
  readonly storage: Storage
  readonly authorizer: Authorizer
  readonly commits: CommitSignal
  readonly turns: Turns
  /** The server's own id among automerge-repo peers. */
  readonly peerId: string
  readonly log: Log
  /** Now, ISO 8601. */
  readonly now: () => string
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

export function createDoors(parts: DoorsParts): ReadonlyMap<string, NamedDoor> {
  const { settings } = parts
  const awarenessLimits = defaultAwarenessLimits
  const yjs = new YWebsocketDoor({ ...parts, awarenessLimits })
  const automerge = new AutomergeDoor({
    ...parts,
    subscriptionsMax: settings.subscriptionsMax,
    automergeLimits: defaultAutomergeLimits,
    syncLimits: defaultSyncLimits,
  })
  const sync = new SyncDoor({
    ...parts,
    awarenessLimits,
    bounds: {
      channels: settings.syncChannelsMax,
      queries: settings.syncListsMax,
      inFlight: IN_FLIGHT_MAX / 2,
      frameBytes: settings.frameBytesMax,
      rows: settings.syncRowsMax,
    },
  })
  return new Map<string, NamedDoor>([
    ['yjs', { name: 'yjs', door: yjs }],
    ['automerge', { name: 'automerge', door: automerge }],
    ['sync', { name: 'sync', door: sync }],
  ])
}
