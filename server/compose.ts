/**
 * The composition root: the only place that names concrete drivers and wires the parts together. Returns a
 * running server and the way to stop it.
 */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Schema } from '../shared/schema/schema.ts'
import type { Authenticator } from './auth/actor.ts'
import { createJwtAuthenticator } from './auth/jwt-authenticator.ts'
import { createOpenAuthenticator } from './auth/open-authenticator.ts'
import { defaultAutomergeLimits } from './gate/automerge-gate.ts'
import { defaultAwarenessLimits } from './gate/awareness-gate.ts'
import { defaultSyncLimits } from './gate/sync-message.ts'
import { defaultYjsLimits } from './gate/yjs-gate.ts'
import type { Log } from './log.ts'
import { homePage } from './pages/home-page.ts'
import { rebuildProjection } from './projection/rebuild.ts'
import { createTextMaterializer } from './projection/text-materializer.ts'
import type { TextProjector } from './projection/text-projector.ts'
import { createTextProjector } from './projection/text-projector.ts'
import { AutomergeDoor } from './protocols/automerge-door.ts'
import { listen } from './protocols/listener.ts'
import { createRestApp } from './protocols/rest/rest-app.ts'
import { YWebsocketDoor } from './protocols/y-websocket-door.ts'
import { CommitSignal } from './rooms/commit-signal.ts'
import { Rooms } from './rooms/rooms.ts'
import { StoreHealth } from './rooms/store-health.ts'
import type { Settings } from './settings.ts'
import { openSqliteStorage } from './storage/sqlite/sqlite-storage.ts'
import type { Storage } from './storage/storage.ts'

export interface SluiceServer {
  readonly url: string
  readonly databaseFile: string
  readonly auth: Authenticator
  readonly storage: Storage
  readonly rooms: Rooms
  readonly projector: TextProjector
  /** Takes nothing more, waits until everything accepted is durable and projected, then closes the store. */
  stop(): Promise<void>
}

export interface ServerParts {
  readonly schema: Schema
  readonly settings: Settings
  readonly log: Log
  /** The store can no longer be trusted (W5): the process should end. */
  readonly onFatal: (reason: string) => void
}

const EVICTION_INTERVAL_MS = 5_000
const FEED_POLL_MS = 2_000
const FEED_HEARTBEAT_MS = 15_000

export async function startServer({ schema, settings, log, onFatal }: ServerParts): Promise<SluiceServer> {
  const now = (): string => new Date().toISOString()
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { ref: false })
  const auth = authenticatorFor(settings, now)
  const databaseFile = join(settings.dataDir, 'sluice.db')
  const storage = await openSqliteStorage({ file: databaseFile, schema, log })
  const materializer = createTextMaterializer()
  if (storage.projectionIsStale) await rebuildProjection({ storage, schema, materializer })

  const projector = createTextProjector({ storage, materializer, schema, log })
  const health = new StoreHealth(now, onFatal)
  const commits = new CommitSignal()
  const stopping = new AbortController()
  const limits = { automergeLimits: defaultAutomergeLimits, yjsLimits: defaultYjsLimits }
  const rooms = new Rooms(
    { storage, health, commits, log, now, sleep, ...limits },
    { schema, memoryBytesMax: settings.roomBytesMax, onTextCommit: (key) => projector.notice(key) },
  )
  const eviction = setInterval(() => rooms.evict(), EVICTION_INTERVAL_MS)
  eviction.unref()

  const app = createRestApp({
    rooms,
    storage,
    authenticator: auth,
    schema,
    health,
    log,
    now,
    newId: randomUUID,
    bodyBytesMax: settings.bodyBytesMax,
    version: programVersion(),
    feed: { commits, pollMs: FEED_POLL_MS, heartbeatMs: FEED_HEARTBEAT_MS },
    stopping: stopping.signal,
  })
  app.get('/', homePage({ schema, storage, auth, databaseFile }))
  const peerId = `sluice-${randomUUID()}`
  const listener = await listen({
    settings,
    authenticator: auth,
    fetch: app.fetch,
    doors: new Map([
      [
        'yjs',
        {
          name: 'yjs',
          door: new YWebsocketDoor({
            rooms,
            storage,
            awarenessLimits: defaultAwarenessLimits,
            log,
          }),
        },
      ],
      [
        'automerge',
        {
          name: 'automerge',
          door: new AutomergeDoor({
            rooms,
            storage,
            peerId,
            subscriptionsMax: settings.subscriptionsMax,
            automergeLimits: defaultAutomergeLimits,
            syncLimits: defaultSyncLimits,
            log,
            now,
          }),
        },
      ],
    ]),
    log,
    now,
    newId: randomUUID,
  })

  return {
    url: listener.url,
    databaseFile,
    auth,
    storage,
    rooms,
    projector,
    async stop() {
      clearInterval(eviction)
      stopping.abort()
      await listener.stop()
      await rooms.close()
      await projector.drain()
      await projector.close()
      await materializer.close()
      await storage.close()
    },
  }
}

/** From the package, which lies one folder up in the sources and two up in the build. */
function programVersion(): string {
  const require = createRequire(import.meta.url)
  const file = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json'
  return (require(file) as { readonly version: string }).version
}

function authenticatorFor(settings: Settings, now: () => string): Authenticator {
  const { jwtSecret, jwksUrl, jwtIssuer, jwtAudience } = settings
  const claims = { issuer: jwtIssuer, audience: jwtAudience, now }
  if (jwtSecret !== undefined) return createJwtAuthenticator({ secret: jwtSecret, ...claims })
  if (jwksUrl !== undefined) return createJwtAuthenticator({ jwksUrl, ...claims })
  return createOpenAuthenticator()
}
