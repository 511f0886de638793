// A server that is measured: how to start it, how its clients speak, and what it uses.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type TargetName = 'sluice' | 'limit' | 'relay' | 'y-websocket' | 'hocuspocus'

export interface Target {
  readonly name: TargetName
  /** Whether it keeps what it is sent. */
  readonly stores: boolean
  /** Whether an author hears his own update when it is on disk. */
  readonly confirms: boolean
  readonly protocol: 'y-websocket' | 'hocuspocus'
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Path of the WebSocket, with the room's name unless the protocol tells it. */
  readonly path: (room: string) => string
}

const folder = fileURLToPath(new URL('.', import.meta.url))
const peer = (name: string): string => join(folder, 'peers', `${name}.mjs`)
const byName = (room: string): string => `/${room}`

/** Limits that no honest client of these sizes meets would be met by load that no person makes. */
const UNLIMITED = String(2 ** 31 - 1)

export const targets: Readonly<Record<TargetName, Target>> = {
  sluice: {
    name: 'sluice',
    stores: true,
    confirms: true,
    protocol: 'y-websocket',
    command: [process.execPath, join(folder, '..', '..', 'dist', 'server', 'main.js')],
    environment: {
      SLUICE_PORT: '0',
      SLUICE_CONFIG: join(folder, 'sluice.config.ts'),
      SLUICE_SESSION_MESSAGES_PER_SECOND: UNLIMITED,
      SLUICE_SESSION_BYTES_PER_SECOND: UNLIMITED,
      SLUICE_SUBJECT_MESSAGES_PER_SECOND: UNLIMITED,
      SLUICE_SUBJECT_BYTES_PER_SECOND: UNLIMITED,
      SLUICE_REQUESTS_PER_SECOND: UNLIMITED,
      SLUICE_SESSIONS_PER_SUBJECT_MAX: '20000',
    },
    path: (room) => `/yjs/docs/${room}`,
  },
  limit: peerTarget('limit', { stores: true, confirms: true }),
  relay: peerTarget('relay', { stores: false, confirms: false }),
  'y-websocket': peerTarget('y-websocket', { stores: false, confirms: false }),
  hocuspocus: {
    ...peerTarget('hocuspocus', { stores: true, confirms: false }),
    protocol: 'hocuspocus',
    command: [newerNode(), '--disable-warning=ExperimentalWarning', peer('hocuspocus')],
    path: () => '/',
  },
}

function peerTarget(name: TargetName, traits: Pick<Target, 'stores' | 'confirms'>): Target {
  const command = [process.execPath, peer(name)]
  return { name, ...traits, protocol: 'y-websocket', command, environment: {}, path: byName }
}

/** Hocuspocus 4 needs a newer Node than this one may be. */
function newerNode(): string {
  const bundled = join(
    folder,
    'peers',
    'node_modules',
    `node-${process.platform}-${process.arch}`,
    'bin',
    'node',
  )
  return existsSync(bundled) ? bundled : process.execPath
}

export interface Usage {
  readonly cpuSeconds: number
  readonly rssBytes: number
}

export class RunningTarget {
  readonly target: Target
  readonly port: number
  readonly #child: ChildProcess
  readonly #data: string
  readonly #keepsData: boolean

  private constructor(target: Target, child: ChildProcess, port: number, data: string, keepsData: boolean) {
    this.target = target
    this.#child = child
    this.port = port
    this.#data = data
    this.#keepsData = keepsData
  }

  /** @param data a folder to go on with; a new one that is removed in the end if it is left out. */
  static async start(target: Target, data?: string): Promise<RunningTarget> {
    const dataFolder = data ?? mkdtempSync(join(tmpdir(), `bench-${target.name}-`))
    const [program, ...args] = target.command
    if (program === undefined) throw new RangeError('a target names a program')
    const own = { ...target.environment, BENCH_FOLDER: dataFolder, SLUICE_DATA: dataFolder }
    const child = spawn(program, args, {
      env: { ...process.env, ...own },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const port = await listeningPort(child)
    return new RunningTarget(target, child, port, dataFolder, data !== undefined)
  }

  url(room: string): string {
    return `ws://127.0.0.1:${this.port}${this.target.path(room)}`
  }

  /** Of the whole process, all its threads. */
  usage(): Usage {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[UTIME]) + Number(fields[STIME])
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1]
    return { cpuSeconds: ticks / TICKS_PER_SECOND, rssBytes: Number(rss) * 1024 }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill(signal)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
    if (!this.#keepsData) rmSync(this.#data, { recursive: true, force: true })
  }
}

/** Behind the command's name in /proc/<pid>/stat, from 0. */
const UTIME = 11
const STIME = 12
const TICKS_PER_SECOND = 100
const STOP_MS = 10_000
const START_MS = 30_000

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`the server did not start: ${output}`)), START_MS)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      output += String(chunk)
      const port = /listening on (\d+)|127\.0\.0\.1:(\d+)/.exec(output)
      if (port === null) return
      clearTimeout(timer)
      resolve(Number(port[1] ?? port[2]))
    })
  })
}
