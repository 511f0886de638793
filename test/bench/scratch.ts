// The one folder that a run writes to. It is gone when the process is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let root: string | null = null

/** @returns a new folder in it. */
export function scratchFolder(name: string): string {
  if (root === null) {
    root = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
    process.once('exit', removeScratch)
  }
  return mkdtempSync(join(root, `${name}-`))
}

/** For a process that does not come to its own end. */
export function removeScratch(): void {
  if (root !== null) rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  root = null
}
