// Hocuspocus with its SQLite extension under the same crash test, by its own provider.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../support/free-port.ts'
import type { CrashTarget, LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import { HocuspocusLoad } from './hocuspocus-load.ts'

const peers = fileURLToPath(new URL('../../peers', import.meta.url))

export class HocuspocusTarget implements CrashTarget {
  readonly doors: readonly LoadDoor[]
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'hocuspocus-'))
  readonly #port: number
  #child: ChildProcess | null = null

  private constructor(port: number, door: LoadDoor) {
    this.#port = port
    this.doors = [door]
  }

  /** @throws Error that says how to install it, if it is not. */
  static async open(): Promise<HocuspocusTarget> {
    if (!existsSync(join(peers, 'node_modules/@hocuspocus/server')))
      throw new Error('Hocuspocus is not installed: npm ci --prefix test/peers')
    const port = await freePort()
    const door = await HocuspocusLoad.open(join(peers, 'hocuspocus-editor.mjs'), `ws://127.0.0.1:${port}`)
    const target = new HocuspocusTarget(port, door)
    await target.start()
    return target
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(peers, 'hocuspocus-server.mjs')], {
      env: { PATH: process.env.PATH ?? '', PORT: String(this.#port), DATA: this.#dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await eventually(() => {
      if (child.exitCode !== null || child.signalCode !== null) return 'ended'
      return output.includes('listening') && 'listening'
    }, 'the server to listen')
  }

  async crash(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** It has no check of its own. */
  async audit(): Promise<readonly string[]> {
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }
}
