// Compiles `shared/`, `server/` and the SDK to `dist/`, from scratch, so that no stale module survives a rename, and
// bundles the console into `dist/console`. Types are checked by `npm run check`; here they are only removed, which
// takes a fraction of the time.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildConsole } from './build-console.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
rmSync(`${root}/dist`, { recursive: true, force: true })
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--noCheck'], {
  cwd: root,
  stdio: 'inherit',
})
await buildConsole(root)
