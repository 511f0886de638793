// Sluice under crash test: the built program as a process, killed with SIGKILL, with every door under load.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ServerProcess } from '../support/server-process.ts'
import type { CrashTarget, LoadDoor } from './crash-target.ts'
import { AutomergeLoad } from './doors/automerge-load.ts'
import { InboxLoad } from './doors/inbox-load.ts'
import { RestLoad } from './doors/rest-load.ts'
import { UploadLoad } from './doors/upload-load.ts'
import { YjsLoad } from './doors/yjs-load.ts'

const entry = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))
const config = fileURLToPath(new URL('sluice.config.ts', import.meta.url))
const run = promisify(execFile)

/** Checkpoints are made often, so that they are under way when the server dies. */
export const crashSettings: Readonly<Record<string, string>> = {
  SLUICE_CONFIG: config,
  SLUICE_CHECKPOINT_INTERVAL_MS: '200',
}

export class SluiceTarget implements CrashTarget {
  readonly doors: readonly LoadDoor[]
  readonly server: ServerProcess

  protected constructor(server: ServerProcess) {
    this.server = server
    const { url, socketUrl } = server
    this.doors = [
      new RestLoad(url),
      new UploadLoad(url),
      new InboxLoad(url),
      new AutomergeLoad(url, socketUrl),
      new YjsLoad(url, socketUrl),
    ]
  }

  /** A server on an empty data folder, running. */
  static async open(): Promise<SluiceTarget> {
    return new SluiceTarget(await ServerProcess.start(crashSettings))
  }

  start(): Promise<void> {
    return this.server.start()
  }

  crash(): Promise<void> {
    return this.server.kill()
  }

  /** `verify` also compares the tables with a rebuild, as `compare` does; that is asked, too, at the end. */
  async audit(isLast: boolean): Promise<readonly string[]> {
    const commands = isLast ? ['verify', 'compare'] : ['verify']
    const problems = await Promise.all(commands.map((command) => this.#inspect(command)))
    return problems.flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }

  /** The copy is made before anything is awaited, so the server may be started meanwhile. */
  async #inspect(command: string): Promise<readonly string[]> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'))
    try {
      cpSync(this.server.dataDir, folder, { recursive: true })
      const env = { PATH: process.env.PATH ?? '', SLUICE_DATA: folder, SLUICE_CONFIG: config }
      await run(process.execPath, [entry, command], { env })
      return []
    } catch (error) {
      return [`${command}: ${(error as { readonly stdout?: string }).stdout ?? String(error)}`]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
