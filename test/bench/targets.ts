// The servers that are measured: how each is started, and how its clients speak.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from '../../server/node-flags.ts'

export type TargetName =
  | 'sluice'
  | 'limit'
  | 'relay'
  | 'y-websocket'
  | 'y-leveldb'
  | 'hocuspocus'
  | 'floor'
  | 'automerge-repo'
  | 'rows'
  | 'constant'

/** How the text of a document travels; `automerge` is automerge-repo's own, `http` has no sockets. */
export type Protocol = 'y-websocket' | 'hocuspocus' | 'automerge' | 'http'

export interface Target {
  readonly name: TargetName
  /** What it is, for the page. */
  readonly about: string
  /** Whether a text is still there after a restart. */
  readonly stores: boolean
  /** Whether an author hears his own update when it is on disk. */
  readonly confirms: boolean
  readonly protocol: Protocol
  /** Whether it needs what is installed with the peers, beyond what the project has itself. */
  readonly isPeer: boolean
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Path of the WebSocket, with the room's name unless the protocol tells it. */
  readonly path: (room: string) => string
}

const folder = fileURLToPath(new URL('.', import.meta.url))
export const peersFolder = join(folder, 'peers')
const peer = (name: string): string => join(peersFolder, `${name}.mjs`)

/** Limits that no honest client of these sizes meets would be met by load that no person makes. */
const UNLIMITED = String(2 ** 31 - 1)

const sluice: Target = {
  name: 'sluice',
  about: 'this server as `npm start` starts it, with its rate limits raised and nothing else',
  stores: true,
  confirms: true,
  protocol: 'y-websocket',
  isPeer: false,
  // As `npm start` does.
  command: [process.execPath, ...NODE_FLAGS, join(folder, '..', '..', 'dist', 'server', 'main.js')],
  environment: {
    SLUICE_PORT: '0',
    SLUICE_CONFIG: join(folder, 'sluice.config.ts'),
    SLUICE_SESSION_MESSAGES_PER_SECOND: UNLIMITED,
    SLUICE_SESSION_BYTES_PER_SECOND: UNLIMITED,
    SLUICE_SUBJECT_MESSAGES_PER_SECOND: UNLIMITED,
    SLUICE_SUBJECT_BYTES_PER_SECOND: UNLIMITED,
    SLUICE_REQUESTS_PER_SECOND: UNLIMITED,
    SLUICE_SESSIONS_PER_SUBJECT_MAX: '20000',
    SLUICE_CONNECTIONS_PER_ADDRESS_MAX: '20000',
  },
  path: (room) => `/yjs/docs/${room}`,
}

const hocuspocus: Target = {
  ...peerTarget('hocuspocus', 'Hocuspocus 4 with SQLite, under Node 24', {
    stores: true,
    isPeer: true,
    protocol: 'hocuspocus',
  }),
  // Looked for when it starts: the first run installs it.
  get command() {
    return [newerNode(), '--disable-warning=ExperimentalWarning', peer('hocuspocus')]
  },
  path: () => '/',
}

export const targets: Readonly<Record<TargetName, Target>> = {
  sluice,
  limit: peerTarget('limit', 'the limit: merges, commits to SQLite in groups, relays; checks nothing', {
    stores: true,
    confirms: true,
  }),
  relay: peerTarget('relay', 'a bare relay on `ws`; keeps nothing', {}),
  'y-websocket': peerTarget('y-websocket', '@y/websocket-server, in memory', { isPeer: true }),
  'y-leveldb': {
    ...peerTarget('y-leveldb', '@y/websocket-server with its LevelDB persistence', {
      stores: true,
      isPeer: true,
    }),
    command: [process.execPath, peer('y-websocket')],
    environment: { BENCH_PERSISTENCE: 'leveldb' },
  },
  hocuspocus,
  floor: peerTarget('floor', 'the floor: reads a snapshot from a file and sends it', { stores: true }),
  'automerge-repo': peerTarget('automerge-repo', "automerge-repo's own server parts: WebSocket and NodeFS", {
    stores: true,
    isPeer: true,
    protocol: 'automerge',
  }),
  rows: peerTarget('rows', 'fields in plain SQLite rows behind hono, with group commit', {
    stores: true,
    confirms: true,
    protocol: 'http',
  }),
  constant: peerTarget('constant', 'hono on node-server that answers a constant', { protocol: 'http' }),
}

function peerTarget(
  name: TargetName,
  about: string,
  traits: Partial<Pick<Target, 'stores' | 'confirms' | 'isPeer' | 'protocol'>>,
): Target {
  return {
    name,
    about,
    stores: false,
    confirms: false,
    protocol: 'y-websocket',
    isPeer: false,
    command: [process.execPath, peer(name)],
    environment: {},
    path: (room) => `/${room}`,
    ...traits,
  }
}

/** Hocuspocus 4 needs a newer Node than this one may be. */
function newerNode(): string {
  const name = `node-${process.platform}-${process.arch}`
  const bundled = join(peersFolder, 'node_modules', name, 'bin', 'node')
  return existsSync(bundled) ? bundled : process.execPath
}

/** A server that runs, as a process of the load generator is told of it. */
export interface Address {
  readonly name: TargetName
  readonly port: number
}

export const socketUrl = ({ name, port }: Address, room: string): string =>
  `ws://127.0.0.1:${port}${targets[name].path(room)}`
