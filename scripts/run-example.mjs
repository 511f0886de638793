// `npm run example -- tiptap`: serves an example of examples/ in the browser, or runs it in Node, beside a server that is
// started if none answers.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const url = process.env.SLUICE_URL ?? 'http://127.0.0.1:4800'
const [name = ''] = process.argv.slice(2)
const folder = `${root}examples/${name}`
if (name === '' || !existsSync(folder)) {
  console.error('which one? see examples/README.md')
  process.exit(1)
}

const isThere = () =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

const server = (await isThere())
  ? null
  : spawn(process.execPath, ['dist/server/main.js'], { cwd: root, stdio: 'inherit' })
while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 100))

const example = existsSync(`${folder}/index.html`)
  ? ['node_modules/vite/bin/vite.js', folder, '--config', 'examples/vite.config.ts', '--open']
  : ['--import', 'tsx', `${folder}/main.ts`]
spawn(process.execPath, example, { cwd: root, stdio: 'inherit' }).on('exit', (code) => {
  server?.kill()
  process.exit(code ?? 1)
})
