// Every example builds on the package as it is installed, and shows what it is for, against the real program.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import type { PreviewServer } from 'vite'
import { build, preview } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

let server: ServerProcess
let browser: Browser
let folder: string
let page: Page
let served: PreviewServer | null = null

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-examples-'))
  server = await ServerProcess.start()
  process.env.SLUICE_URL = server.url
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await served?.close()
  served = null
})

/** Builds the example, serves it beside the server, and shows it. */
async function open(name: string): Promise<void> {
  const options = {
    root: join(examples, name),
    configFile: join(examples, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: join(folder, name), minify: false },
  } as const
  await build(options)
  served = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } })
  await page.goto(served.resolvedUrls?.local[0] ?? '')
}

const shows = (text: string): Promise<unknown> =>
  until(async () => {
    const all = (await page.textContent('body')) ?? ''
    if (!all.includes(text)) throw new Error(all)
    return true
  }, `"${text}" to be shown`)

const textOf = async (id: string): Promise<string> =>
  (await rest(server.url, 'GET', `/v1/records/articles/${id}`)).body.text?.body ?? ''

test('tiptap: what is typed is durable', async () => {
  await open('tiptap')
  await shows('durable')
  await page.click('.ProseMirror')
  await page.keyboard.type('Let edits flow')
  await until(async () => (await textOf('welcome')).includes('Let edits flow'), 'the text on the server')
})

test('codemirror: what is typed is durable', async () => {
  await open('codemirror')
  await shows('durable')
  await page.click('.cm-content')
  await page.keyboard.type('hold()')
  await until(async () => (await textOf('source')) === 'hold()', 'the text on the server')
})

test('react-form: a critical value that was changed meanwhile is held, and decided', async () => {
  await rest(server.url, 'PUT', '/v1/records/patients/P-1', { name: 'Joe', diagnosis: 'flu' })
  await open('react-form')
  await shows('In force: flu')
  await rest(server.url, 'PATCH', '/v1/records/patients/P-1', { diagnosis: 'cold' })
  await shows('Somebody has changed it')
  await page.fill('input', 'covid')
  await page.click('text=Save')
  await shows('Disputed')
  expect(await page.textContent('output')).toBe('cold')
  await page.click('button:has-text("covid")')
  await until(async () => (await page.textContent('output')) === 'covid', 'the decision')
})

test('tanstack-db: a list with mutations', async () => {
  await rest(server.url, 'PUT', '/v1/records/tickets/T-1', { title: 'Pump leaks' })
  await open('tanstack-db')
  await shows('Pump leaks (open)')
  await page.fill('input', 'Lamp is out')
  await page.click('text=Add')
  await shows('Lamp is out (open)')
  await page.click('li:has-text("Pump leaks") >> text=Done')
  await until(
    async () => (await rest(server.url, 'GET', '/v1/records/tickets/T-1')).body.fields.status === 'done',
    'the ticket to be done',
  )
})

test('node: a sale is settled', async () => {
  await rest(server.url, 'PUT', '/v1/records/items/bolt-m8', { name: 'Bolts', stock: 10 })
  const shown = execFileSync(process.execPath, ['--import', 'tsx', join(examples, 'node/main.ts')], {
    env: { ...process.env, TILL: join(folder, 'till.sluice') },
  }).toString()
  expect(shown).toBe('sold 2; 1 sale(s) on their way\napplied: 8 in stock\n')
})
