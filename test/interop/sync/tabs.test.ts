// Two tabs of one person's browser on one store: one connection, and nothing is lost or counted twice, whichever is closed.
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { launchChromium } from '../../support/chromium.ts'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import type { ShopApp } from './shop-page.ts'

interface ShopWindow {
  open(url: string): Promise<ShopApp>
  app: ShopApp
}
type Shown = ReturnType<ShopApp['shown']>

let server: ServerProcess
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  const script = await bundle(fileURLToPath(new URL('./shop-page.ts', import.meta.url)))
  server = await ServerProcess.start()
  browser = await launchChromium()
  context = await browser.newContext()
  // The app itself is there without a network, as with a service worker.
  await context.route('http://localhost/**', (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><script type="module" src="/app.js"></script>',
        }),
  )
})
afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

async function openTab(): Promise<Page> {
  const page = await context.newPage()
  await page.goto('http://localhost/')
  await page.waitForFunction('globalThis.app === null')
  await page.evaluate(async (url) => {
    const own = globalThis as unknown as ShopWindow
    own.app = await own.open(url)
  }, server.url)
  return page
}

const act = (
  page: Page,
  deed: Exclude<keyof ShopApp, 'shown'>,
  argument: number | string,
): Promise<unknown> =>
  page.evaluate(
    ([deed, argument]) => {
      const { app } = globalThis as unknown as { app: Record<string, (argument: unknown) => unknown> }
      return app[deed]?.(argument)
    },
    [deed, argument] as const,
  )

const shown = (page: Page): Promise<Shown> =>
  page.evaluate(() => (globalThis as unknown as ShopWindow).app.shown())

async function show(pages: readonly Page[], expected: Partial<Shown>): Promise<void> {
  for (const [at, page] of pages.entries())
    await until(
      async () => {
        expect(await shown(page)).toMatchObject(expected)
        return true
      },
      `tab ${at} to show ${JSON.stringify(expected)}`,
    )
}

/** WebSockets that the server has open. */
async function sessions(): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^sluice_sessions\{door="sync"\} (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

const AT_REST: Partial<Shown> = {
  connection: 'online',
  storage: 'durable',
  pending: 0,
  staged: [],
  bodyIs: 'durable',
}

test('K14: two tabs have one connection, and take over from each other', async () => {
  await rest(server.url, 'PUT', '/v1/records/items/B-1', { name: 'Bolt', stock: 10 })
  const [one, two] = [await openTab(), await openTab()]
  await show([one, two], { ...AT_REST, stock: 10, listed: [10] })
  expect(await sessions()).toBe(1)

  await act(two, 'sell', 1)
  await act(one, 'type', 'typed in one.')
  await show([one, two], { ...AT_REST, stock: 9, listed: [9], body: 'typed in one.' })
  await act(two, 'greet', 'two')
  await show([one], { present: ['two'] })

  await context.setOffline(true)
  await show([one, two], { connection: 'offline', bodyIs: 'offline' })
  await act(one, 'sell', 2)
  await act(two, 'sell', 3)
  await act(two, 'type', ' And in two.')
  const waiting: Partial<Shown> = {
    ...{ connection: 'offline', storage: 'durable', stock: 4, pending: 2, staged: ['stock'] },
    ...{ listed: [4], changes: ['pending', 'pending'], body: 'typed in one. And in two.' },
  }
  await show([one, two], waiting)

  // The one that leads goes, with changes under way.
  await one.close()
  await act(two, 'sell', 1)
  const more = {
    ...waiting,
    connection: expect.not.stringMatching('online'),
    stock: 3,
    listed: [3],
    pending: 3,
  }
  await show([two], { ...more, changes: ['pending', 'pending', 'pending'] })
  const three = await openTab()
  await show([three], { ...more, changes: ['pending', 'pending', 'pending'] })

  await context.setOffline(false)
  const rested = { ...AT_REST, stock: 3, listed: [3], changes: [], body: 'typed in one. And in two.' }
  await show([two, three], rested)
  expect(await sessions()).toBe(1)

  // And with one on its way, while there is a connection.
  await Promise.all([act(three, 'sell', 1), two.close()])
  await show([three], { ...rested, stock: 2, listed: [2] })
  const { body } = await rest(server.url, 'GET', '/v1/records/items/B-1')
  expect(body).toMatchObject({ fields: { stock: 2 } })
  expect(await sessions()).toBe(1)
})
