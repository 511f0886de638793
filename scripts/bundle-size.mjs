// Reports what each entry adds to an app's bundle, minified, and compressed as servers send it; what an app loads only
// when it needs it (Yjs, behind the hooks) is not counted. `--check` fails if one takes more than its limit.
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `limit`: kilobytes, compressed with gzip. Of peers nothing is counted: the app has them. */
const entries = [
  { name: 'sluice/client', code: `export { connect } from './client/index.ts'`, limit: 25 },
  {
    name: 'sluice/client and sluice/react',
    code: `export { connect } from './client/index.ts'; export * from './client/react/index.ts'`,
    limit: 28,
  },
  {
    name: 'sluice/client and sluice/tanstack-db',
    code: `export { connect } from './client/index.ts'; export * from './client/tanstack-db/index.ts'`,
    limit: 27,
  },
  {
    name: 'sluice/client and sluice/text, Yjs included',
    code: `export { connect } from './client/index.ts'; export { openText } from './client/text/index.ts'`,
    limit: 53,
  },
  { name: 'sluice/powersync', code: `export * from './client/powersync/index.ts'`, limit: 2 },
]

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const tooLarge = []
for (const { name, code, limit } of entries) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    splitting: true,
    outdir: root,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['react', 'react/jsx-runtime', '@tanstack/db'],
    metafile: true,
  })
  const foreign = Object.keys(metafile.inputs).filter((path) => path.startsWith('server/'))
  if (foreign.length > 0) throw new Error(`"${name}" holds server code: ${foreign.join(', ')}`)
  const atOnce = loadedAtOnce(metafile)
  const files = outputFiles.filter(({ path }) => atOnce.some((chunk) => path.endsWith(`/${chunk}`)))
  const sum = (size) => files.reduce((bytes, { contents }) => bytes + size(contents), 0)
  const [minified, gzip, brotli] = [
    sum(({ byteLength }) => byteLength),
    sum((contents) => gzipSync(contents, { level: 9 }).byteLength),
    sum((contents) => brotliCompressSync(contents).byteLength),
  ]
  console.log(
    `${name}: ${kilobytes(minified)} minified, ${kilobytes(gzip)} gzip, ${kilobytes(brotli)} brotli (limit ${limit} kB gzip)`,
  )
  if (gzip > limit * 1000) tooLarge.push(name)
  if (process.argv.includes('--parts')) {
    const parts = atOnce
      .flatMap((chunk) => Object.entries(metafile.outputs[chunk].inputs))
      .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    for (const [path, { bytesInOutput }] of parts.slice(0, 25))
      console.log(`  ${kilobytes(bytesInOutput)} ${path}`)
  }
}

/** The entry's chunk and those that it imports, but for what it imports when it is needed. */
function loadedAtOnce({ outputs }) {
  const found = Object.keys(outputs).filter((chunk) => outputs[chunk].entryPoint === '<stdin>')
  for (const chunk of found)
    for (const { path, kind, external } of outputs[chunk].imports)
      if (kind === 'import-statement' && external !== true && !found.includes(path)) found.push(path)
  return found
}

if (process.argv.includes('--check') && tooLarge.length > 0) {
  console.error(`larger than their limits: ${tooLarge.join(', ')}`)
  process.exit(1)
}
