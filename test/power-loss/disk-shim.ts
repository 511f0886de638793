// Compiles the shim, and is the harness' hand on it: the environment that loads it, its log, and the faults it makes.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('disk-shim.c', import.meta.url))
const compiler = process.env.CC ?? 'cc'

/** Why there can be no power failures on this machine; null if there can. */
export function shimProblem(): string | null {
  if (process.platform !== 'linux')
    return `the shim is loaded with LD_PRELOAD, which ${process.platform} does not have`
  if (spawnSync(compiler, ['--version']).status !== 0) return `there is no C compiler (${compiler})`
  return null
}

export type DiskFault = 'none' | 'sync-fails' | 'disk-full'
const faultBytes: Readonly<Record<DiskFault, number>> = { none: 0, 'sync-fails': 1, 'disk-full': 2 }

export class DiskShim {
  /** Lies beside the data, in a folder of its own. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  readonly #library = join(this.#folder, 'disk-shim.so')
  readonly #log = join(this.#folder, 'disk.log')
  readonly #control = join(this.#folder, 'control')

  constructor() {
    execFileSync(compiler, ['-shared', '-fPIC', '-O2', '-o', this.#library, source, '-ldl', '-lpthread'])
    this.set('none')
  }

  /** Of a process whose writes to the folder the shim is to see. */
  environment(dataDir: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.#library,
      DISK_SHIM_FOLDER: dataDir,
      DISK_SHIM_LOG: this.#log,
      DISK_SHIM_CONTROL: this.#control,
      // The shim sees calls of libc only.
      UV_USE_IO_URING: '0',
    }
  }

  /** From now on, in the running process too. */
  set(fault: DiskFault): void {
    writeFileSync(this.#control, Uint8Array.of(faultBytes[fault], 0, 0, 0, 0, 0, 0, 0), {
      flag: existsSync(this.#control) ? 'r+' : 'w',
    })
  }

  /** Calls that were made to fail since the fault was set. */
  get faults(): number {
    return readFileSync(this.#control).readUInt32LE(4)
  }

  get log(): Uint8Array {
    return existsSync(this.#log) ? readFileSync(this.#log) : new Uint8Array()
  }

  forget(): void {
    if (existsSync(this.#log)) truncateSync(this.#log)
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
