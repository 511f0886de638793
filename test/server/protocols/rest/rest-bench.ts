// The REST door over a real store in a temporary folder, without a listener: tests call it as `fetch` would.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collection, defineConfig, s } from 'sluice'
import type { Authenticator } from '../../../../server/auth/actor.ts'
import { createOpenAuthenticator } from '../../../../server/auth/open-authenticator.ts'
import { defaultAutomergeLimits } from '../../../../server/gate/automerge-gate.ts'
import { defaultYjsLimits } from '../../../../server/gate/yjs-gate.ts'
import { RequestAllowance } from '../../../../server/protocols/limits/request-allowance.ts'
import type { Rate } from '../../../../server/protocols/limits/token-bucket.ts'
import { KeptReads } from '../../../../server/protocols/rest/kept-reads.ts'
import { createRestApp } from '../../../../server/protocols/rest/rest-app.ts'
import type { RestApp, RestLimits, RestParts } from '../../../../server/protocols/rest/rest-context.ts'
import { CommitSignal } from '../../../../server/rooms/commit-signal.ts'
import { directDocumentSaver } from '../../../../server/rooms/document-saver.ts'
import { Rooms } from '../../../../server/rooms/rooms.ts'
import { StoreHealth } from '../../../../server/rooms/store-health.ts'
import { directTrials } from '../../../../server/rooms/trials.ts'
import { directTurns } from '../../../../server/rooms/turns.ts'
import type { SqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import { openSqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../../../../server/storage/storage.ts'
import type { Json } from '../../../../shared/json.ts'
import { checkSchema } from '../../../../shared/schema/check-schema.ts'
import type { Collections } from '../../../../shared/schema/config.ts'
import { generousLimits, generousRequests } from '../../../support/generous-limits.ts'
import { loudAuthorizer } from '../../../support/loud-authorizer.ts'
import { revocationsOf } from '../../../support/revocations.ts'
import { noMeasures, unobserved } from '../../../support/unobserved.ts'

export const config = defineConfig({
  schema: {
    patients: collection({
      name: s.string(),
      ward: s.enum(['A', 'B']).default('A'),
      heartRate: s.number(),
      active: s.boolean(),
      admitted: s.date(),
      vitals: s.json(),
      diagnosis: s.string().critical({ resolvers: ['doctor'] }),
      allergies: s.set(s.string()),
      medications: s.list(s.string()),
      contacts: s.map(s.string()),
      visits: s.counter(),
      notes: s.text(),
    }),
    items: collection({ title: s.string().required(), stock: s.counter() }),
  },
})

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
  readonly text: string
}

export interface Call {
  readonly body?: Json
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The bearer token. */
  readonly as?: string
}

export interface RestBench {
  readonly app: RestApp
  readonly allowance: RequestAllowance
  readonly reads: KeptReads
  readonly storage: SqliteStorage
  readonly rooms: Rooms
  readonly health: StoreHealth
  readonly commits: CommitSignal
  /** Aborted, it ends the streams, as a stopping server does. */
  readonly stopping: AbortController
  readonly logged: readonly { readonly message: string; readonly details: object }[]
  call(method: string, path: string, call?: Call): Promise<Answer>
  close(): Promise<void>
}

export interface RestBenchOptions {
  readonly authenticator?: Authenticator
  readonly bodyBytesMax?: number
  readonly limits?: Partial<RestLimits>
  /** Of each subject, per second. */
  readonly requests?: Rate
  readonly clock?: () => number
  readonly origins?: readonly string[]
  readonly feed?: { readonly pollMs?: number; readonly heartbeatMs?: number }
  /** Instead of the bench's own. */
  readonly collections?: Collections
  /** Instead of those that observe nothing. */
  readonly observed?: Partial<RestParts>
  /** A second node on the same store. */
  readonly besides?: RestBench
  /** Stands before the store. */
  readonly wrap?: (storage: SqliteStorage) => Storage
}

export async function openRest(options: RestBenchOptions = {}): Promise<RestBench> {
  const { collections } = options
  const checked = checkSchema(collections === undefined ? config : defineConfig({ schema: collections }))
  if (!checked.ok) throw new Error(checked.problems.join('\n'))
  const { schema } = checked
  const folder = options.besides === undefined ? await mkdtemp(join(tmpdir(), 'sluice-rest-')) : null
  const storage =
    options.besides?.storage ?? (await openSqliteStorage({ file: join(folder ?? '', 'sluice.db'), schema }))
  const port = options.wrap?.(storage) ?? storage
  let clock = Date.UTC(2026, 0, 1)
  const now = (): string => {
    clock += 1000
    return new Date(clock).toISOString()
  }
  const logged: { message: string; details: object }[] = []
  const write = (details: object, message: string): void => {
    logged.push({ details, message })
  }
  const log = { debug: write, info: write, warn: write, error: write }
  const health = new StoreHealth(now, () => {})
  const commits = new CommitSignal()
  const stopping = new AbortController()
  const rooms = new Rooms(
    {
      storage: port,
      authorizer: loudAuthorizer,
      health,
      commits,
      measures: noMeasures,
      log,
      now,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      automergeLimits: defaultAutomergeLimits,
      yjsLimits: defaultYjsLimits,
      trials: directTrials,
      saver: directDocumentSaver,
      turns: directTurns,
    },
    { schema, memoryBytesMax: 2 ** 28, onTextCommit: () => {} },
  )
  const monotonic = options.clock ?? (() => performance.now())
  const allowance = new RequestAllowance(options.requests ?? generousRequests, monotonic)
  const reads = new KeptReads({ storage: port, bytesMax: 2 ** 20 })
  let ids = 0
  const prefix = options.besides === undefined ? 'id' : 'other'
  const app = createRestApp({
    rooms,
    storage: port,
    authorizer: loudAuthorizer,
    authenticator: options.authenticator ?? createOpenAuthenticator(),
    revocations: revocationsOf(storage, now),
    revokerRole: undefined,
    erasureRoles: [],
    ...unobserved(port),
    ...options.observed,
    schema,
    health,
    log,
    now,
    newId: () => `${prefix}-${++ids}`,
    version: '0.0.0',
    bodyBytesMax: options.bodyBytesMax ?? 1_048_576,
    limits: { ...generousLimits, ...options.limits },
    allowance,
    reads,
    origins: options.origins ?? [],
    clock: monotonic,
    feed: { commits, pollMs: 100, heartbeatMs: 15_000, ...options.feed },
    stopping: stopping.signal,
  })
  return {
    app,
    allowance,
    reads,
    storage,
    rooms,
    health,
    logged,
    commits,
    stopping,
    call: (method, path, call = {}) => send(app, method, path, call),
    async close() {
      stopping.abort()
      await rooms.close()
      if (folder === null) return
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function send(app: RestApp, method: string, path: string, call: Call): Promise<Answer> {
  const raw = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body))
  const response = await app.request(path, {
    method,
    headers: {
      ...(raw === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(call.as === undefined ? {} : { Authorization: `Bearer ${call.as}` }),
      ...call.headers,
    },
    ...(raw === undefined ? {} : { body: raw }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('Content-Type') ?? '').includes('json')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : {},
  }
}

/** The version in an answer's ETag, as `If-Match` takes it. */
export const tagOf = (answer: Answer): string => answer.headers.get('ETag') ?? ''
