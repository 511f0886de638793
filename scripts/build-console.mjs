// Bundles the console with Vite, compresses each file once for all who ask for it, and holds the first load to its bound.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** Of script, compressed: what a browser loads before it shows the first page. */
const FIRST_LOAD_BYTES_MAX = 300_000

/** @param {string} root of the repository. */
export async function buildConsole(root) {
  // Whoever builds for tests has another one, and would serve the development form of React.
  process.env.NODE_ENV = 'production'
  await build({ configFile: join(root, 'client/console/vite.config.ts'), logLevel: 'warn' })
  const folder = join(root, 'dist/console')
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
  }
  const { bytes, files } = firstLoad(folder)
  console.log(`console: first load ${(bytes / 1000).toFixed(0)} kB of script compressed, in ${files} files`)
  if (bytes > FIRST_LOAD_BYTES_MAX)
    throw new Error(`the console's first load takes more than ${FIRST_LOAD_BYTES_MAX / 1000} kB of script`)
}

/** What the page names itself: its script, and the modules that this imports. */
function firstLoad(folder) {
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path)
  if (scripts.length === 0) throw new Error('the console has no script: the check itself is broken')
  const sizes = scripts.map((path) => readFileSync(join(folder, `${path}.gz`)).byteLength)
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: sizes.length }
}
