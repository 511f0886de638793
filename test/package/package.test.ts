// What is packed is what an app installs: its entries load, their types resolve, and its API is the reviewed one.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderApi } from './api-report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-app-'))
  installInto(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Unpacks what `npm pack` makes, beside the packages that it declares and no others. */
function installInto(app: string): void {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', app], {
      cwd: root,
    }).toString(),
  )
  const home = join(app, 'node_modules', 'sluice')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['-xzf', join(app, packed.filename), '-C', home, '--strip-components=1'])
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const types = ['@types/node', '@types/react', '@types/ws']
  for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies), ...types]) {
    const link = join(app, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  cpSync(fileURLToPath(new URL('consumer', import.meta.url)), join(app, 'src'), { recursive: true })
  writeFileSync(join(app, 'package.json'), '{ "type": "module", "private": true }')
}

/** @returns what the compiler finds wrong. */
function compile(module: string, moduleResolution: string, options: readonly string[] = []): string {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    jsx: 'react-jsx',
    module,
    moduleResolution,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
    rootDir: 'src',
    outDir: 'out',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  try {
    return execFileSync(process.execPath, [tsc, '-p', folder, ...options], { cwd: folder }).toString()
  } catch (error) {
    return (error as { readonly stdout: Buffer }).stdout.toString()
  }
}

test('an app compiles on the packed package, for Node and for a bundler, and misuse does not', () => {
  expect(compile('esnext', 'bundler', ['--noEmit'])).toBe('')
  expect(compile('nodenext', 'nodenext')).toBe('')
})

test('every entry of the packed package loads in Node, and an app works on it', () => {
  execFileSync(process.execPath, ['out/run.js'], { cwd: folder, stdio: 'inherit' })
  expect(JSON.parse(readFileSync(join(folder, 'shown.json'), 'utf8'))).toEqual({
    fields: { name: 'Nut', stock: 0, labels: ['a', 'b'], price: null },
    pending: 3,
    text: 'typed',
    rows: ['i-1 2'],
    credentials: { endpoint: 'http://127.0.0.1:9', token: 'token' },
    url: expect.stringMatching(/^automerge:/),
    entries: ['function', 'function', 'function'],
  })
})

test('the public API is the one in api.txt. If it is to change: npm run build && node scripts/write-api.mjs', () => {
  expect(renderApi()).toBe(readFileSync(new URL('api.txt', import.meta.url), 'utf8'))
})
