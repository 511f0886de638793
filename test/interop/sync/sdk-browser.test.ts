// The SDK's bundle in a real Chromium, against the real program: what a page holds survives its end.
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { launchChromium, serveScripts } from '../../support/chromium.ts'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import type { PageApp } from './sdk-page.ts'

interface AppWindow {
  open(url: string): Promise<PageApp>
  app: PageApp
}

let server: ServerProcess
let browser: Awaited<ReturnType<typeof launchChromium>>
let pages: Awaited<ReturnType<typeof serveScripts>>

beforeAll(async () => {
  const script = await bundle(fileURLToPath(new URL('./sdk-page.ts', import.meta.url)))
  pages = await serveScripts({ '/app.js': script })
  server = await ServerProcess.start()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  pages?.close()
  await server?.[Symbol.asyncDispose]()
})

async function openApp(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto(pages.origin)
  await page.addScriptTag({ type: 'module', url: `${pages.origin}/app.js` })
  await page.waitForFunction('globalThis.app === null')
  await page.evaluate(async (url) => {
    const own = globalThis as unknown as AppWindow
    own.app = await own.open(url)
  }, server.url)
  return page
}

const shown = (page: Page) => page.evaluate(() => (globalThis as unknown as AppWindow).app.shown())

test('E2: what was changed and typed in a page that lost its server is there when it is opened again, and arrives', async () => {
  await rest(server.url, 'PUT', '/v1/records/items/B-1', { name: 'Bolt', stock: 10 })
  const context = await browser.newContext()
  const first = await openApp(context)
  await first.evaluate(() => (globalThis as unknown as AppWindow).app.current())
  expect(await shown(first)).toMatchObject({ stock: 10, storage: 'durable' })
  await server.kill()
  await first.evaluate(async () => {
    const { app } = globalThis as unknown as AppWindow
    await app.sell(3)
    await app.type('typed offline')
  })
  expect(await shown(first)).toEqual({ stock: 7, body: 'typed offline', storage: 'durable', pending: 1 })
  await first.close()

  const second = await openApp(context)
  expect(await shown(second)).toEqual({ stock: 7, body: 'typed offline', storage: 'durable', pending: 1 })
  await server.start()
  await second.evaluate(() => (globalThis as unknown as AppWindow).app.durable())
  expect(await shown(second)).toMatchObject({ stock: 7, pending: 0 })
  const { body } = await rest(server.url, 'GET', '/v1/records/items/B-1')
  expect(body.fields.stock).toBe(7)
  await context.close()
})
