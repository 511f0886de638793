/**
 * The composition root: the only place that names concrete drivers and wires the parts together. Returns a
 * running server and the way to stop it.
 */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Schema } from '../shared/schema/schema.ts'
import { openCheckpointKey } from './audit/checkpoint-key.ts'
import { Checkpointer } from './audit/checkpointer.ts'
import type { Authenticator } from './auth/actor.ts'
import { Authorizer } from './auth/authorizer.ts'
import { createJwtAuthenticator } from './auth/jwt-authenticator.ts'
import { LocalRevocationSignal } from './auth/local-revocation-signal.ts'
import { createOpenAuthenticator } from './auth/open-authenticator.ts'
import { Revocations } from './auth/revocations.ts'
import { startTextCompactor } from './compaction/text-compactor.ts'
import { mountDemo } from './demo/demo-routes.ts'
import { createDoors } from './doors.ts'
import { defaultAutomergeLimits } from './gate/automerge-gate.ts'
import { defaultYjsLimits } from './gate/yjs-gate.ts'
import { createThreadInspector } from './inspection/inspector.ts'
import { isoClock } from './iso-clock.ts'
import type { Log } from './log.ts'
import { Operations } from './operations/operations.ts'
import { ServerMeasures } from './operations/server-measures.ts'
import { mountConsole } from './pages/console-routes.ts'
import { rebuildProjection } from './projection/rebuild.ts'
import { createSearchIndexer } from './projection/search-indexer.ts'
import { createTextMaterializer } from './projection/text-materializer.ts'
import type { TextProjector } from './projection/text-projector.ts'
import { createTextProjector } from './projection/text-projector.ts'
import { createEntrance } from './protocols/entrance.ts'
import { FailedAuthentications } from './protocols/limits/failed-authentications.ts'
import { RecentTokens } from './protocols/limits/recent-tokens.ts'
import { RequestAllowance } from './protocols/limits/request-allowance.ts'
import { rateOf } from './protocols/limits/token-bucket.ts'
import { listen } from './protocols/listener.ts'
import { answerAtOnce } from './protocols/rest/answer-at-once.ts'
import { KeptReads } from './protocols/rest/kept-reads.ts'
import { createRestApp } from './protocols/rest/rest-app.ts'
import { SessionDirectory } from './protocols/session-directory.ts'
import { startSweepers } from './retention/start-sweepers.ts'
import { CommitSignal } from './rooms/commit-signal.ts'
import { createThreadDocumentSaver } from './rooms/document-saver.ts'
import { measuredTrials } from './rooms/measured-trials.ts'
import { Rooms } from './rooms/rooms.ts'
import { StoreHealth } from './rooms/store-health.ts'
import { createThreadTrials } from './rooms/trials.ts'
import { createTurns } from './rooms/turns.ts'
import type { Settings } from './settings.ts'
import { openSqliteStorage } from './storage/sqlite/sqlite-storage.ts'
import type { Storage } from './storage/storage.ts'
import { warmUp } from './warm-up.ts'

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
  /** Has this process killed and started again; left out where nobody can. The open demo offers it to everybody. */
  readonly restart?: (() => void) | undefined
}

const EVICTION_INTERVAL_MS = 5_000
const FEED_POLL_MS = 2_000
const FEED_HEARTBEAT_MS = 15_000

export async function startServer({
  schema,
  settings,
  log,
  onFatal,
  restart,
}: ServerParts): Promise<SluiceServer> {
  const now = isoClock()
  const clock = (): number => performance.now()
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { ref: false })
  const authenticator = authenticatorFor(settings, now)
  const databaseFile = join(settings.dataDir, 'sluice.db')
  const storage = await openSqliteStorage({
    file: databaseFile,
    schema,
    log,
    onDamage: onFatal,
    recordCacheBytesMax: settings.recordCacheBytesMax,
  })
  const materializer = createTextMaterializer()
  if (storage.projectionIsStale) await rebuildProjection({ storage, schema, materializer })

  const revocations = new Revocations({
    store: storage.revocations,
    signal: new LocalRevocationSignal(),
    now,
    max: settings.revocationsMax,
    lifetimeMs: tokenLifetimeMs(settings),
  })
  await revocations.load()
  const failures = new FailedAuthentications(rateOf(settings.failedAuthenticationsPerMinute / 60, 60), clock)
  const recent = new RecentTokens({ clock, time: Date.now })
  const auth = createEntrance({ authenticator, revocations, failures, recent })

  const checkpointer = new Checkpointer({
    audit: storage.audit,
    signer: openCheckpointKey(settings.dataDir),
    log,
    now,
    intervalMs: settings.checkpointIntervalMs,
  })
  const compactor = startTextCompactor(settings, { storage, log, now })
  const sweepers = startSweepers(settings, { storage, log, now })
  const measures = new ServerMeasures(clock)
  const indexer = createSearchIndexer({ storage, log })
  const projector = createTextProjector({
    storage,
    materializer,
    schema,
    log,
    onProjected: (key, content) => {
      indexer.notice(key)
      rooms.shown(key, content)
    },
  })
  const health = new StoreHealth(now, onFatal)
  const commits = new CommitSignal()
  const stopping = new AbortController()
  const authorizer = new Authorizer((fault) =>
    log.error({ ...fault }, 'an access rule is broken: it let nobody pass'),
  )
  const limits = { automergeLimits: defaultAutomergeLimits, yjsLimits: defaultYjsLimits }
  const trials = measuredTrials(
    createThreadTrials({
      deadlineMs: settings.trialDeadlineMs,
      threads: settings.trialThreads,
      queueMax: settings.trialQueueMax,
      log,
      clock,
    }),
    measures,
  )
  const saver = createThreadDocumentSaver()
  const turns = createTurns({ clock, later: setImmediate })
  const rooms = new Rooms(
    { storage, authorizer, health, commits, measures, log, now, sleep, trials, saver, turns, ...limits },
    { schema, memoryBytesMax: settings.roomBytesMax, onTextCommit: projector.notice },
  )
  const eviction = setInterval(() => rooms.evict(), EVICTION_INTERVAL_MS)
  eviction.unref()
  const sessions = new SessionDirectory()
  const operations = new Operations({ measures, storage, rooms, projector, health, sessions, now })
  const inspector = createThreadInspector(storage)

  const allowance = new RequestAllowance(rateOf(settings.requestsPerSecond, settings.burstSeconds), clock)
  const reads = new KeptReads({ storage, bytesMax: settings.readCacheBytesMax })
  const app = createRestApp({
    rooms,
    storage,
    authenticator: auth,
    authorizer,
    revocations,
    revokerRole: settings.revokerRole,
    erasureRoles: settings.erasureRoles ?? [],
    operatorRoles: settings.operatorRoles ?? [],
    operations,
    sessions,
    inspector,
    schema,
    health,
    log,
    now,
    newId: randomUUID,
    bodyBytesMax: settings.bodyBytesMax,
    allowance,
    reads,
    limits: {
      streamsMax: settings.streamsMax,
      streamsPerSubjectMax: settings.streamsPerSubjectMax,
    },
    origins: settings.origins ?? [],
    clock,
    version: programVersion(),
    feed: { commits, pollMs: FEED_POLL_MS, heartbeatMs: FEED_HEARTBEAT_MS },
    stopping: stopping.signal,
  })
  if (restart !== undefined && auth.isOpen) mountDemo(app, { pid: process.pid, startedAt: now(), restart })
  mountConsole(app)
  const doors = createDoors({
    settings,
    schema,
    rooms,
    storage,
    authorizer,
    commits,
    turns,
    peerId: `sluice-${randomUUID()}`,
    log,
    now,
    clock,
  })
  const listener = await listen({
    settings,
    authenticator: auth,
    revocations,
    fetch: app.fetch,
    answerAtOnce: answerAtOnce({ entrance: auth, allowance, reads }),
    doors,
    sessions,
    measures,
    log,
    now,
    clock,
    newId: randomUUID,
  })

  const warmedUp = warmUp({
    ...{ settings, sessions, commits, log, now, clock, sleep },
    newId: randomUUID,
    authenticator: createOpenAuthenticator(),
    pause: turns.pause,
    stopping: stopping.signal,
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
      await warmedUp
      operations.stop()
      await listener.stop()
      await rooms.close()
      await trials.close()
      await saver.close()
      await projector.drain()
      await projector.close()
      await indexer.close()
      await compactor?.stop()
      await Promise.all(sweepers.map((sweeper) => sweeper.stop()))
      await checkpointer.stop()
      await inspector.close()
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

/** How long after its issue a token is accepted at most; null if that is not limited. */
const tokenLifetimeMs = ({ jwtLifetimeSecondsMax, jwtClockToleranceSeconds }: Settings): number | null =>
  jwtLifetimeSecondsMax === undefined ? null : (jwtLifetimeSecondsMax + jwtClockToleranceSeconds) * 1000

function authenticatorFor(settings: Settings, now: () => string): Authenticator {
  const { jwtSecret, jwksUrl, jwtIssuer, jwtAudience } = settings
  const claims = {
    issuer: jwtIssuer,
    audience: jwtAudience,
    claimNames: {
      tenant: settings.jwtClaimTenant,
      roles: settings.jwtClaimRoles,
      device: settings.jwtClaimDevice,
    },
    clockToleranceSeconds: settings.jwtClockToleranceSeconds,
    lifetimeSecondsMax: settings.jwtLifetimeSecondsMax,
    now,
  }
  if (jwtSecret !== undefined) return createJwtAuthenticator({ secret: jwtSecret, ...claims })
  if (jwksUrl !== undefined) return createJwtAuthenticator({ jwksUrl, ...claims })
  return createOpenAuthenticator()
}
