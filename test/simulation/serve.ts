// The real server without sockets: rooms, planner, REST and upload doors, automerge-repo, y-websocket and sync doors. What it
// is given, clock, store and identifiers, it takes for the world.
import { createOpenAuthenticator } from '../../server/auth/open-authenticator.ts'
import { defaultAutomergeLimits } from '../../server/gate/automerge-gate.ts'
import { defaultAwarenessLimits } from '../../server/gate/awareness-gate.ts'
import { defaultSyncLimits } from '../../server/gate/sync-message.ts'
import { defaultYjsLimits } from '../../server/gate/yjs-gate.ts'
import { AutomergeDoor } from '../../server/protocols/automerge-door.ts'
import { RequestAllowance } from '../../server/protocols/limits/request-allowance.ts'
import { KeptReads } from '../../server/protocols/rest/kept-reads.ts'
import { createRestApp } from '../../server/protocols/rest/rest-app.ts'
import type { RestApp } from '../../server/protocols/rest/rest-context.ts'
import { SyncDoor } from '../../server/protocols/sync/sync-door.ts'
import { YWebsocketDoor } from '../../server/protocols/y-websocket-door.ts'
import { CommitSignal } from '../../server/rooms/commit-signal.ts'
import { directDocumentSaver } from '../../server/rooms/document-saver.ts'
import { Rooms } from '../../server/rooms/rooms.ts'
import { StoreHealth } from '../../server/rooms/store-health.ts'
import { directTrials } from '../../server/rooms/trials.ts'
import { directTurns } from '../../server/rooms/turns.ts'
import type { Storage } from '../../server/storage/storage.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import { generousLimits, generousRequests } from '../support/generous-limits.ts'
import { loudAuthorizer } from '../support/loud-authorizer.ts'
import { revocationsOf } from '../support/revocations.ts'
import { noMeasures, unobserved } from '../support/unobserved.ts'

export interface Surroundings {
  readonly storage: Storage
  readonly schema: Schema
  readonly now: () => string
  readonly sleep: (ms: number) => Promise<void>
  readonly newId: () => string
  /** What the server logs as a warning or an error is added here. */
  readonly warnings: string[]
}

export interface Served {
  readonly rooms: Rooms
  readonly door: AutomergeDoor
  readonly textDoor: YWebsocketDoor
  readonly syncDoor: SyncDoor
  readonly app: RestApp
}

export function serve({ storage, schema, now, sleep, newId, warnings }: Surroundings): Served {
  const write = (details: object, message: string): void => {
    warnings.push(`${message} ${JSON.stringify(details)}`)
  }
  const log = { debug: () => {}, info: () => {}, warn: write, error: write }
  const health = new StoreHealth(now, () => {})
  const commits = new CommitSignal()
  const limits = {
    automergeLimits: defaultAutomergeLimits,
    yjsLimits: defaultYjsLimits,
    trials: directTrials,
    saver: directDocumentSaver,
    turns: directTurns,
  }
  const rooms = new Rooms(
    {
      storage,
      authorizer: loudAuthorizer,
      health,
      commits,
      measures: noMeasures,
      log,
      now,
      sleep,
      ...limits,
    },
    { schema, memoryBytesMax: 2 ** 24, onTextCommit: () => {} },
  )
  const app = createRestApp({
    rooms,
    storage,
    authorizer: loudAuthorizer,
    authenticator: createOpenAuthenticator(),
    revocations: revocationsOf(storage, now),
    revokerRole: undefined,
    erasureRoles: [],
    ...unobserved(storage),
    schema,
    health,
    log,
    now,
    newId,
    version: '0.0.0',
    bodyBytesMax: 1_048_576,
    limits: generousLimits,
    allowance: new RequestAllowance(generousRequests, () => 0),
    reads: new KeptReads({ storage, bytesMax: 2 ** 20 }),
    origins: [],
    clock: () => performance.now(),
    feed: { commits, pollMs: 1_000, heartbeatMs: 15_000 },
    stopping: new AbortController().signal,
  })
  const door = new AutomergeDoor({
    rooms,
    storage,
    authorizer: loudAuthorizer,
    peerId: 'server',
    subscriptionsMax: 100,
    automergeLimits: defaultAutomergeLimits,
    syncLimits: defaultSyncLimits,
    log,
    now,
    turns: directTurns,
  })
  const textDoor = new YWebsocketDoor({
    rooms,
    storage,
    authorizer: loudAuthorizer,
    awarenessLimits: defaultAwarenessLimits,
    log,
  })
  const syncDoor = new SyncDoor({
    rooms,
    storage,
    authorizer: loudAuthorizer,
    schema,
    commits,
    turns: directTurns,
    awarenessLimits: defaultAwarenessLimits,
    bounds: { channels: 100, queries: 10, inFlight: 8, frameBytes: 2 ** 20, rows: 100 },
    log,
    now,
    clock: () => performance.now(),
  })
  return { rooms, door, textDoor, syncDoor, app }
}
