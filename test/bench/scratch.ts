// The one folder that a run writes to. It is gone when the process is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let root: string | null = null

/** @returns a new folder in it. */
export function scratchFolder(name: string): string {
  if (root === null) {
    const made = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
    root = made
    process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 5 }))
  }
  return mkdtempSync(join(root, `${name}-`))
}
