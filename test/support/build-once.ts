// Vitest's global set-up: compiles the program, so that tests which start it as a process run what is there.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export default function buildOnce(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  })
}
