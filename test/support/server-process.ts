// The real program as a process of its own: started as the README says, killed as the world does.

import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

const entryOf = (program: 'main' | 'supervise'): string =>
  fileURLToPath(new URL(`../../dist/server/${program}.js`, import.meta.url))
const entry = entryOf('main')
const config = fileURLToPath(new URL('../../sluice.config.ts', import.meta.url))

export class ServerProcess {
  readonly dataDir: string
  readonly port: number
  readonly #env: Readonly<Record<string, string>>
  #entry = entry
  #child: ChildProcess | null = null
  output = ''

  private constructor(dataDir: string, port: number, env: Readonly<Record<string, string>>) {
    this.dataDir = dataDir
    this.port = port
    this.#env = env
  }

  /** @param parent where its data folder is made. */
  static async start(env: Readonly<Record<string, string>> = {}, parent = tmpdir()): Promise<ServerProcess> {
    const server = await ServerProcess.at(mkdtempSync(join(parent, 'sluice-')), env)
    await server.start()
    return server
  }

  /** As `npm start` runs it: with the demo's data, and under a supervisor. */
  static async startDemo(): Promise<ServerProcess> {
    const server = await ServerProcess.at(mkdtempSync(join(tmpdir(), 'sluice-')), { SLUICE_DEMO: 'true' })
    server.#entry = entryOf('supervise')
    await server.start()
    return server
  }

  /** On a folder that is there; not started yet. */
  static async at(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    return new ServerProcess(dataDir, await freePort(), env)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** Of the process that runs now. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the server does not run')
    return pid
  }

  get databaseFile(): string {
    return join(this.dataDir, 'sluice.db')
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** What the process has in memory, in MiB; 0 where the system does not tell. */
  get residentMiB(): number {
    try {
      const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
    } catch {
      return 0
    }
  }

  /** Processor time that the main thread has used, in milliseconds: what a busy machine does not add to. */
  get mainThreadMs(): number {
    try {
      const pid = this.#child?.pid
      const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * 10
    } catch {
      return 0
    }
  }

  get #environment(): Readonly<Record<string, string>> {
    return {
      PATH: process.env.PATH ?? '',
      SLUICE_PORT: String(this.port),
      SLUICE_DATA: this.dataDir,
      SLUICE_CONFIG: config,
      SLUICE_DEMO: 'false',
      SLUICE_LOG_LEVEL: 'warn',
      ...this.#env,
    }
  }

  /** Runs `verify` or another command on the data of a server that is stopped. @throws if it finds something. */
  runCommand(command: string): string {
    return execFileSync(process.execPath, [entry, command], { env: this.#environment }).toString()
  }

  /** Whether it was started and is gone. */
  get hasEnded(): boolean {
    return this.#child !== null && (this.#child.exitCode !== null || this.#child.signalCode !== null)
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null
  }

  async start(): Promise<void> {
    this.output = ''
    const child = spawn(process.execPath, [this.#entry], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => {
      this.output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      this.output += chunk.toString()
    })
    for (;;) {
      if (this.hasEnded) throw new Error(`the server did not start:\n${this.output}`)
      if (this.output.includes('Sluice is running')) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends the process without a chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to stop. @returns its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    child.kill(signal)
    await once(child, 'exit')
    return child.exitCode
  }
}
