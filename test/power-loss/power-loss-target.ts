// Sluice on a disk that loses what was not synchronized: a crash is a power failure.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crashSettings, SluiceTarget } from '../crash/sluice-target.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'
import type { DiskContent, Survival } from './disk-log.ts'
import { diskAfterPowerLoss } from './disk-log.ts'
import { DiskShim } from './disk-shim.ts'

const normalSync = fileURLToPath(new URL('normal-sync.cjs', import.meta.url))

export interface PowerLossOptions {
  readonly random: SeededRandom
  /** The control: SQLite is told `synchronous = NORMAL` behind the program's back. */
  readonly isControl?: boolean
}

export class PowerLossTarget extends SluiceTarget {
  readonly shim: DiskShim
  readonly #random: SeededRandom
  #before: DiskContent = new Map()

  private constructor(server: ServerProcess, shim: DiskShim, random: SeededRandom) {
    super(server)
    this.shim = shim
    this.#random = random
  }

  static async power({ random, isControl = false }: PowerLossOptions): Promise<PowerLossTarget> {
    const shim = new DiskShim()
    const dataDir = mkdtempSync(join(tmpdir(), 'sluice-'))
    const control: Readonly<Record<string, string>> = isControl
      ? { NODE_OPTIONS: `--require ${normalSync}` }
      : {}
    const settings = { ...crashSettings, ...shim.environment(dataDir), ...control }
    const target = new PowerLossTarget(await ServerProcess.at(dataDir, settings), shim, random)
    await target.start()
    return target
  }

  override async start(): Promise<void> {
    this.shim.set('none')
    this.shim.forget()
    this.#before = readFolder(this.server.dataDir)
    await super.start()
  }

  /** The lights go out: half the time with nothing but what was synchronized, else with some of the rest. */
  override async crash(): Promise<void> {
    await super.crash()
    const survival: Survival = this.#random.chance(0.5)
      ? { of: 'nothing' }
      : { of: 'some', random: this.#random }
    writeFolder(this.server.dataDir, diskAfterPowerLoss(this.#before, this.shim.log, survival))
    // What the disk holds now is where the next start begins; a second crash finds nothing new.
    this.#before = readFolder(this.server.dataDir)
    this.shim.forget()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    this.shim.dispose()
  }
}

const readFolder = (folder: string): DiskContent =>
  new Map(
    readdirSync(folder)
      .filter((name) => !name.endsWith('-shm'))
      .map((name) => [name, readFileSync(join(folder, name))]),
  )

function writeFolder(folder: string, content: DiskContent): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  for (const [name, bytes] of content) writeFileSync(join(folder, name), bytes, { mode: 0o600 })
}
