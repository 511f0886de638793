// The real program as a process of its own: started as the README says, killed as the world does.

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))
const config = fileURLToPath(new URL('../../sluice.config.ts', import.meta.url))

export class ServerProcess {
  readonly dataDir: string
  readonly port: number
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  output = ''

  private constructor(dataDir: string, port: number, env: Readonly<Record<string, string>>) {
    this.dataDir = dataDir
    this.port = port
    this.#env = env
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = new ServerProcess(mkdtempSync(join(tmpdir(), 'sluice-')), await freePort(), env)
    await server.start()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get databaseFile(): string {
    return join(this.dataDir, 'sluice.db')
  }

  async start(): Promise<void> {
    this.output = ''
    const child = spawn(process.execPath, [entry], {
      env: {
        PATH: process.env.PATH ?? '',
        SLUICE_PORT: String(this.port),
        SLUICE_DATA: this.dataDir,
        SLUICE_CONFIG: config,
        SLUICE_DEMO: 'false',
        SLUICE_LOG_LEVEL: 'warn',
        ...this.#env,
      },
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
      if (child.exitCode !== null) throw new Error(`the server did not start:\n${this.output}`)
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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
