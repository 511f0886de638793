// Vitest's global set-up: compiles the program, so that tests which start it as a process run what is there.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Vitest asks once per project, each time of another copy of this module. */
const BUILT = 'SLUICE_TESTS_BUILT'

export default function buildOnce(): void {
  if (process.env[BUILT] === String(process.pid)) return
  process.env[BUILT] = String(process.pid)
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  })
}
