/**
 * The table of settings: one row per setting gives its environment variable, type, default and meaning.
 * The typed `Settings`, the reader and `docs/SETTINGS.md` all come from it.
 */
import { z } from 'zod'
import { isLoopback } from './is-loopback.ts'

interface SettingRow {
  readonly env: string
  readonly schema: z.ZodType
  readonly description: string
}

const count = (fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().positive().default(fallback)
const row = <S extends z.ZodType>(env: string, schema: S, description: string) => ({
  env,
  schema,
  description,
})

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
  jwtSecret: row(
    'SLUICE_JWT_SECRET',
    z.string().min(32).optional(),
    'Secret of HS256 tokens, at least 32 characters.',
  ),
  jwksUrl: row('SLUICE_JWKS_URL', z.url().optional(), 'Where the public keys of tokens are published.'),
  jwtIssuer: row('SLUICE_JWT_ISSUER', z.string().optional(), 'If set, tokens must name this issuer.'),
  jwtAudience: row('SLUICE_JWT_AUDIENCE', z.string().optional(), 'If set, tokens must name this audience.'),
  demo: row(
    'SLUICE_DEMO',
    z.stringbool().default(true),
    'Seed an empty database of the demo schema with demo data.',
  ),
  logLevel: row(
    'SLUICE_LOG_LEVEL',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
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
  sessionsMax: row('SLUICE_SESSIONS_MAX', count(20_000), 'WebSocket sessions at one time.'),
  subscriptionsMax: row(
    'SLUICE_SUBSCRIPTIONS_MAX',
    count(1_000),
    'Records that one automerge session may have open.',
  ),
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
