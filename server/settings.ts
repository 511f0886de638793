/**
 * The table of settings: one row per setting gives its environment variable, type, default and meaning.
 * The typed `Settings`, the reader and `docs/SETTINGS.md` all come from it.
 */
import { z } from 'zod'
import { isLoopback } from './is-loopback.ts'
import type { SettingRow } from './settings/setting-row.ts'
import { count, list, row } from './settings/setting-row.ts'
import { tokenSettings } from './settings/token-settings.ts'

const isOrigin = (text: string): boolean => {
  try {
    return new URL(text).origin === text
  } catch {
    return false
  }
}

export const settingTable = {
  port: row(
    'SLUICE_PORT',
    z.coerce.number().int().min(0).max(65_535).default(4800),
    'TCP port; 0 takes any free one.',
  ),
  host: row(
    'SLUICE_HOST',
    z.string().default('127.0.0.1'),
    'Address to listen on. Without authentication, loopback only.',
  ),
  dataDir: row(
    'SLUICE_DATA',
    z.string().default('data'),
    'Folder of the embedded database; `sluice.db` is in it.',
  ),
  configFile: row(
    'SLUICE_CONFIG',
    z.string().default('sluice.config.ts'),
    'The module that exports the schema.',
  ),
  ...tokenSettings,
  origins: row(
    'SLUICE_ORIGINS',
    list(isOrigin, 'takes origins such as https://app.example, without a path').optional(),
    'Origins of web pages from elsewhere that may use this server, such as `https://app.example`, separated by commas. ' +
      'Without it only pages of the same origin may, and of this machine in an open demo.',
  ),
  demo: row(
    'SLUICE_DEMO',
    z.stringbool().default(true),
    'Seed an empty database of the demo schema with demo data.',
  ),
  logLevel: row(
    'SLUICE_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    'The least severe level that is logged.',
  ),
  frameBytesMax: row(
    'SLUICE_FRAME_BYTES_MAX',
    count(16 * 1024 * 1024),
    'Largest WebSocket frame from a client, in bytes.',
  ),
  bodyBytesMax: row('SLUICE_BODY_BYTES_MAX', count(1024 * 1024), 'Largest HTTP request body, in bytes.'),
  bufferedBytesMax: row(
    'SLUICE_BUFFERED_BYTES_MAX',
    count(4 * 1024 * 1024),
    'Bytes that may wait for a slow reader before his socket is closed (1013).',
  ),
  sessionsMax: row(
    'SLUICE_SESSIONS_MAX',
    count(20_000),
    'WebSockets open at one time; one more is refused at the upgrade (503).',
  ),
  sessionsPerSubjectMax: row(
    'SLUICE_SESSIONS_PER_SUBJECT_MAX',
    count(2_000),
    'WebSockets that one subject may have open; one more is refused at the upgrade (429).',
  ),
  sessionMessagesPerSecond: row(
    'SLUICE_SESSION_MESSAGES_PER_SECOND',
    count(1_000),
    'Messages per second from one WebSocket; beyond it the socket is not read from until it is below again.',
  ),
  sessionBytesPerSecond: row(
    'SLUICE_SESSION_BYTES_PER_SECOND',
    count(8 * 1024 * 1024),
    'Bytes per second from one WebSocket, likewise.',
  ),
  subjectMessagesPerSecond: row(
    'SLUICE_SUBJECT_MESSAGES_PER_SECOND',
    count(4_000),
    'Messages per second from all WebSockets of one subject together, likewise.',
  ),
  subjectBytesPerSecond: row(
    'SLUICE_SUBJECT_BYTES_PER_SECOND',
    count(32 * 1024 * 1024),
    'Bytes per second from all WebSockets of one subject together, likewise.',
  ),
  requestsPerSecond: row(
    'SLUICE_REQUESTS_PER_SECOND',
    count(500),
    'Requests per second to `/v1` from one subject; one more is refused (429) with `Retry-After`.',
  ),
  burstSeconds: row(
    'SLUICE_BURST_SECONDS',
    count(4),
    'How many seconds of each rate may be used up in one burst.',
  ),
  overrunMs: row(
    'SLUICE_OVERRUN_MS',
    count(60_000),
    'How long a WebSocket may go on sending more than it may before it is closed (1013). Milliseconds.',
  ),
  connectionsPerAddressMax: row(
    'SLUICE_CONNECTIONS_PER_ADDRESS_MAX',
    count(5_000),
    'Connections open at one time from one address, those of trusted proxies aside; one more is closed at once.',
  ),
  streamsMax: row(
    'SLUICE_STREAMS_MAX',
    count(5_000),
    'Event streams open at one time; one more is refused (429).',
  ),
  streamsPerSubjectMax: row(
    'SLUICE_STREAMS_PER_SUBJECT_MAX',
    count(100),
    'Event streams that one subject may have open; one more is refused (429).',
  ),
  trialDeadlineMs: row(
    'SLUICE_TRIAL_DEADLINE_MS',
    count(250),
    'How long checking a large change may take, for each 64 KiB of it, before it is given up (`too_costly`). Milliseconds.',
  ),
  trialThreads: row('SLUICE_TRIAL_THREADS', count(2), 'Threads in which large changes are checked.'),
  trialQueueMax: row(
    'SLUICE_TRIAL_QUEUE_MAX',
    count(64),
    'Large changes that may wait to be checked; one more is refused (1013).',
  ),
  subscriptionsMax: row(
    'SLUICE_SUBSCRIPTIONS_MAX',
    count(1_000),
    'Records that one automerge session may have open.',
  ),
  syncChannelsMax: row(
    'SLUICE_SYNC_CHANNELS_MAX',
    count(1_000),
    'Channels that one sync session may have open: records, texts, live lists, presence.',
  ),
  syncListsMax: row(
    'SLUICE_SYNC_LISTS_MAX',
    count(50),
    'Of these, live queries and inboxes: each is read again when a commit may have touched it.',
  ),
  syncRowsMax: row('SLUICE_SYNC_ROWS_MAX', count(500), 'Rows of a live query or an inbox.'),
  pingIntervalMs: row(
    'SLUICE_PING_INTERVAL_MS',
    count(30_000),
    'How often a socket is pinged; a peer silent for two intervals is gone. Milliseconds.',
  ),
  roomBytesMax: row(
    'SLUICE_ROOM_BYTES_MAX',
    count(256 * 1024 * 1024),
    'Memory budget for open records; idle ones beyond it are evicted. Bytes.',
  ),
  recordCacheBytesMax: row(
    'SLUICE_RECORD_CACHE_BYTES_MAX',
    count(32 * 1024 * 1024),
    'Memory for records kept as they were last read, so that REST and queries need not read them again. Bytes.',
  ),
  readCacheBytesMax: row(
    'SLUICE_READ_CACHE_BYTES_MAX',
    count(16 * 1024 * 1024),
    'Memory for answers of REST about records and lists, kept as they were sent until something of them changes. Bytes.',
  ),
  checkpointIntervalMs: row(
    'SLUICE_CHECKPOINT_INTERVAL_MS',
    count(60_000),
    'How often the journal gets a signed checkpoint, if it has grown; one is made at stop, too. Milliseconds.',
  ),
  textHistoryDays: row(
    'SLUICE_TEXT_HISTORY_DAYS',
    z.coerce.number().int().min(0).optional(),
    'For how many days each update of a text is kept by itself; older ones are joined, and only who wrote how much of them ' +
      'and when stays known. Without it, all are kept.',
  ),
  compactionIntervalMs: row(
    'SLUICE_COMPACTION_INTERVAL_MS',
    count(3_600_000),
    'How often texts are looked through for updates that are to be joined. Milliseconds.',
  ),
  answerDays: row(
    'SLUICE_ANSWER_DAYS',
    count(90),
    'For how many days it is known what a write was answered, so that one that is repeated has no second effect; after ' +
      'them it counts as another one. A device that was away for longer may repeat what it had sent last.',
  ),
  outboxDays: row(
    'SLUICE_OUTBOX_DAYS',
    count(90),
    'For how many days events stand in `sluice_outbox`. Nothing delivers them yet: whoever wants them reads the table.',
  ),
  stopTimeoutMs: row(
    'SLUICE_STOP_TIMEOUT_MS',
    count(10_000),
    'How long a graceful stop may take before it is forced. Milliseconds.',
  ),
} as const satisfies Record<string, SettingRow>

export type Settings = {
  readonly [K in keyof typeof settingTable]: z.output<(typeof settingTable)[K]['schema']>
}

export type SettingsCheck =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Settings that DESIGN reserves for drivers that this version does not have: refused rather than ignored. */
const NOT_YET = ['SLUICE_DATABASE_URL', 'SLUICE_REDIS_URL'] as const

/** @param env for example `process.env`. An empty variable counts as unset. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): SettingsCheck {
  const problems: string[] = NOT_YET.filter((name) => env[name]).map(
    (name) => `${name} is set, but this version stores in embedded SQLite only; unset it.`,
  )
  const shape = Object.fromEntries(Object.entries(settingTable).map(([name, { schema }]) => [name, schema]))
  const given = Object.fromEntries(
    Object.entries(settingTable).map(([name, { env: variable }]) => [name, env[variable] || undefined]),
  )
  const parsed = z.object(shape).safeParse(given)
  for (const issue of parsed.error?.issues ?? [])
    problems.push(`${variableOf(issue.path[0])}: ${issue.message}.`)
  const settings = parsed.data as Settings | undefined
  if (settings?.jwtSecret !== undefined && settings.jwksUrl !== undefined)
    problems.push('SLUICE_JWT_SECRET and SLUICE_JWKS_URL are both set; use one.')
  const isOpen = settings?.jwtSecret === undefined && settings?.jwksUrl === undefined
  if (settings !== undefined && isOpen && !isLoopback(settings.host))
    problems.push(
      `SLUICE_HOST is ${settings.host}, but without SLUICE_JWT_SECRET or SLUICE_JWKS_URL only loopback may be served.`,
    )
  return problems.length > 0 || settings === undefined ? { ok: false, problems } : { ok: true, settings }
}

const variableOf = (name: PropertyKey | undefined): string =>
  Object.entries(settingTable).find(([key]) => key === name)?.[1].env ?? String(name)
