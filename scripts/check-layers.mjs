// Checks the layer rule of docs/ARCHITECTURE.md on every import of shared/, server/ and client/:
// imports go down only, client and server never meet, shared stays pure, and only the composition root
// names a concrete driver.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Folders of the server, upper ones first: a file imports from its own row or from rows below. */
const serverLayers = [
  ['server/main.ts', 'server/supervise.ts'],
  ['server/commands'],
  ['server/compose.ts'],
  ['server/doors.ts', 'server/warm-up.ts'],
  ['server/demo', 'server/load-config.ts'],
  ['server/pages'],
  ['server/protocols', 'server/pages/html.ts'],
  ['server/settings-page.ts', 'server/errors-page.ts'],
  ['server/settings.ts', 'server/settings'],
  ['server/operations', 'server/inspection'],
  ['server/rooms', 'server/compaction', 'server/retention'],
  ['server/storage/sqlite'],
  ['server/projection', 'server/audit'],
  ['server/storage'],
  ['server/plan'],
  [
    'server/gate',
    'server/auth',
    'server/log.ts',
    'server/measures.ts',
    'server/is-loopback.ts',
    'server/node-flags.ts',
    'server/iso-clock.ts',
    'server/bounded-map.ts',
    'server/without-tokens.ts',
    'server/threads',
  ],
]

/** Folders of the client, likewise. What an app imports comes first; `record` and `typed` are pure. */
const clientLayers = [
  ['client/console'],
  ['client/react', 'client/tanstack-db', 'client/powersync'],
  ['client/index.ts', 'client/text/index.ts', 'client/automerge'],
  ['client/connect.ts', 'client/text'],
  ['client/tabs'],
  [
    'client/client-parts.ts',
    'client/sluice-client.ts',
    'client/record-handle.ts',
    'client/record-form.ts',
    'client/change-handle.ts',
    'client/outbox.ts',
    'client/decisions.ts',
    'client/live',
    'client/live-record.ts',
    'client/identity.ts',
    'client/read-store.ts',
    'client/resolving.ts',
  ],
  ['client/record', 'client/typed'],
  ['client/store', 'client/connection'],
]

/** Data types that lower layers share with upper ones: a plan names the table writes it carries. */
const sharedTypes = new Set([
  'server/projection/table-layout.ts',
  'server/plan/plan.ts',
  'server/storage/storage.ts',
])

/** Drivers, and the files that may name them. */
const drivers = [
  { folder: 'server/storage/sqlite', users: ['server/compose.ts', 'server/commands'] },
  { folder: 'server/auth/open-authenticator.ts', users: ['server/compose.ts'] },
  { folder: 'server/auth/jwt-authenticator.ts', users: ['server/compose.ts'] },
  // An app opens what it wants; Node's file store would not load in a browser.
  { folder: 'client/store/indexed-db-store.ts', users: ['client/index.ts', 'client/connect.ts'] },
  { folder: 'client/store/file-store.ts', users: [] },
  { folder: 'client/connection/connection.ts', users: ['client/connect.ts'] },
]

/** The only files of the client that run in Node alone: the file store, and how the console is built. */
const nodeOnly = [
  'client/store/file-store.ts',
  'client/store/file-lock.ts',
  'client/store/batch-line.ts',
  'client/console/vite.config.ts',
]

/** The only places of the client that may load what is large, or WebAssembly. */
const heavy = [
  { names: /^(yjs|y-protocols|lib0)(\/|$)/, places: ['client/text', 'client/console'] },
  { names: /^@automerge\//, places: ['client/automerge'] },
  { names: /^react(-dom)?(\/|$)/, places: ['client/react', 'client/console'] },
  { names: /^@tanstack\/(db|react-db)$/, places: ['client/tanstack-db'] },
  // Its connector knows PowerSync by shape alone: each platform has a package of its own.
  { names: /^@powersync\//, places: [] },
]

const within = (file, place) => file === place || file.startsWith(`${place}/`)

const layerOf = (file) => {
  let best = { row: -1, length: 0 }
  const layers = file.startsWith('client/') ? clientLayers : serverLayers
  for (const [row, places] of layers.entries())
    for (const place of places)
      if (within(file, place) && place.length > best.length) best = { row, length: place.length }
  return best.row
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && /\.tsx?$/.test(entry.name)) yield relative(root, join(entry.parentPath, entry.name))
}

function* importsOf(file) {
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, name] of text.matchAll(/^(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]/gm)) yield name
  for (const [, name] of text.matchAll(/^import\s+['"]([^'"]+)['"]/gm)) yield name
}

function problemWith(file, name) {
  const top = file.split('/')[0]
  if (name.startsWith('node:')) {
    if (top === 'client' && !nodeOnly.includes(file)) return 'the SDK runs in browsers: no Node APIs'
    return top === 'shared' ? 'shared is pure: no Node APIs' : null
  }
  if (!name.startsWith('.')) {
    const burden = top === 'client' ? heavy.find(({ names }) => names.test(name)) : undefined
    return burden === undefined || burden.places.some((place) => within(file, place))
      ? null
      : `only ${burden.places} may load it`
  }
  const target = relative(root, resolve(root, dirname(file), name))
  const targetTop = target.split('/')[0]
  if (top === 'shared' && targetTop !== 'shared') return 'shared imports nothing above it'
  if (top === 'client' && targetTop === 'server') return 'client and server never meet'
  if (top === 'server' && targetTop === 'client') return 'client and server never meet'
  if (targetTop === 'test' || targetTop === 'scripts') return 'the program does not import tests or scripts'
  if (top === 'shared' || targetTop === 'shared') return null
  const driver = drivers.find(({ folder }) => within(target, folder) && !within(file, folder))
  if (driver !== undefined && !driver.users.some((user) => within(file, user)))
    return 'only the composition root names a driver'
  const [from, to] = [layerOf(file), layerOf(target)]
  if (from < 0) return 'the file is in no layer: add it to scripts/check-layers.mjs'
  if (to < from && !sharedTypes.has(target)) return 'imports go down only'
  return null
}

const problems = []
let checked = 0
for (const top of ['shared', 'server', 'client'])
  for (const file of sources(join(root, top)))
    for (const name of importsOf(file)) {
      checked += 1
      const problem = problemWith(file, name)
      if (problem !== null) problems.push(`${file} imports ${name}: ${problem}`)
    }

if (checked === 0) problems.push('no imports were found: the check itself is broken')
for (const problem of problems) console.error(problem)
console.log(`layers: ${checked} imports checked, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
