// A client as an app's build makes it: its files, and how large they are as servers send them.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { build } from 'esbuild'
import type { TargetName } from '../targets.ts'
import { peersFolder } from '../targets.ts'
import type { Opening } from './run-client.ts'

/** By path on the page's origin. */
export type Files = ReadonlyMap<string, Uint8Array>

const own = fileURLToPath(new URL('.', import.meta.url))
const wasm = join(peersFolder, 'node_modules/@automerge/automerge/dist/automerge.wasm')

/** What an app loads for this client alone. `stdin` is resolved from the folder of peers, or from the project. */
const parts: Partial<Record<TargetName, Readonly<Record<Opening['kind'], string>>>> = {
  sluice: {
    text: `export { connect } from '../../../client/index.ts'; export { openText } from '../../../client/text/index.ts'`,
    record: `export { connect } from '../../../client/index.ts'`,
  },
  'y-websocket': both(`export * from 'yjs'; export * from 'y-websocket'; export * from 'y-indexeddb'`),
  hocuspocus: both(`export * from 'yjs'; export * from '@hocuspocus/provider'; export * from 'y-indexeddb'`),
  'automerge-repo': both(
    `export * from '@automerge/automerge-repo/slim'; export * from '@automerge/automerge-repo-network-websocket'; export * from '@automerge/automerge-repo-storage-indexeddb'`,
  ),
}

function both(code: string): Readonly<Record<Opening['kind'], string>> {
  return { text: code, record: code }
}

const settings = {
  bundle: true,
  splitting: true,
  write: false,
  minify: true,
  metafile: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  outdir: own,
} as const

/** The page, its script, and what that loads. */
export async function pageFiles(name: TargetName, kind: Opening['kind']): Promise<Files> {
  const entry = name === 'sluice' ? join(own, `sluice-${kind}.ts`) : join(peersFolder, `client-${name}.mjs`)
  const { outputFiles, metafile } = await build({ ...settings, entryPoints: { client: entry } })
  const scripts = outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents] as const)
  const [, ...imports] = loadedAtOnce(metafile, 'client.js')
  const files = new Map<string, Uint8Array>([['/', pageOf(imports)], ...scripts])
  if (name === 'automerge-repo') files.set('/automerge.wasm', readFileSync(wasm))
  return files
}

/** As build tools for pages write it: what the script needs to start is loaded with it, and not after it. */
function pageOf(imports: readonly string[]): Uint8Array {
  const links = imports.map((path) => `<link rel="modulepreload" href="/${basename(path)}">`)
  return Buffer.from(`<!doctype html>${links.join('')}<script type="module" src="/client.js"></script>`)
}

export interface Size {
  /** What the page needs before it can start. Bytes, compressed with gzip. */
  readonly atOnce: number
  /** With what is loaded when the client opens its store. */
  readonly inAll: number
}

export async function sizeOf(name: TargetName, kind: Opening['kind']): Promise<Size> {
  const code = parts[name]?.[kind]
  if (code === undefined) throw new RangeError(`${name} has no client`)
  const resolveDir = name === 'sluice' ? own : peersFolder
  const { outputFiles, metafile } = await build({
    ...settings,
    stdin: { contents: code, resolveDir, loader: 'ts' },
  })
  const atOnce = new Set(loadedAtOnce(metafile, 'stdin.js').map((path) => basename(path)))
  const sizes = outputFiles.map(({ path, contents }) => ({
    isAtOnce: atOnce.has(basename(path)),
    bytes: gzipSync(contents, { level: 9 }).byteLength,
  }))
  const extra = name === 'automerge-repo' ? gzipSync(readFileSync(wasm), { level: 9 }).byteLength : 0
  const sum = (all: typeof sizes): number => all.reduce((bytes, one) => bytes + one.bytes, extra)
  return { atOnce: sum(sizes.filter(({ isAtOnce }) => isAtOnce)), inAll: sum(sizes) }
}

function loadedAtOnce({ outputs }: Metafile, entry: string): readonly string[] {
  const found = Object.keys(outputs).filter((chunk) => basename(chunk) === entry)
  for (const chunk of found)
    for (const { path, kind } of outputs[chunk]?.imports ?? [])
      if (kind === 'import-statement' && !found.includes(path)) found.push(path)
  return found
}
