// Reports what the SDK adds to an app's bundle: each public entry, minified, and compressed as servers send it.
// With a limit in kilobytes as argument it fails if "records without text" takes more.
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const entries = [
  { name: 'records without text', code: `export { connect } from './client/index.ts'` },
  {
    name: 'records and text, Yjs included',
    code: `export { connect } from './client/index.ts'; export { openText } from './client/text/index.ts'`,
  },
]

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const sizes = []
for (const { name, code } of entries) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
  })
  const bytes = outputFiles[0].contents
  const foreign = Object.keys(metafile.inputs).filter((path) => path.startsWith('server/'))
  if (foreign.length > 0) throw new Error(`"${name}" holds server code: ${foreign.join(', ')}`)
  const size = gzipSync(bytes, { level: 9 }).byteLength
  sizes.push(size)
  console.log(
    `${name}: ${kilobytes(bytes.byteLength)} minified, ${kilobytes(size)} gzip, ${kilobytes(brotliCompressSync(bytes).byteLength)} brotli`,
  )
  if (process.argv.includes('--parts')) {
    const [output] = Object.values(metafile.outputs)
    const parts = Object.entries(output.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    for (const [path, { bytesInOutput }] of parts.slice(0, 25))
      console.log(`  ${kilobytes(bytesInOutput)} ${path}`)
  }
}

const limit = Number(process.argv[2])
if (limit > 0 && sizes[0] > limit * 1000) {
  console.error(`records without text take more than ${limit} kB compressed`)
  process.exit(1)
}
